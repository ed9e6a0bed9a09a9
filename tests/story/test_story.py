"""The whole story by the interface alone: a file of one's own becomes an endpoint that answers as scikit-learn does."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from websockets.sync.client import connect

from tasks.native_libraries import import_lightgbm
from tests.stack import Api, Refused, wait_for
from tests.story.houses import NUMBERS, ROWS, TARGET, TEST_SHARE, WORDS, as_csv, houses, parted, raw

pytestmark = pytest.mark.worker

ALPHA = 2.5
TREES, LEARNING_RATE, LEAVES, ROWS_IN_LEAF, RIDGE = 60, 0.1, 15, 20, 1.0
VALID_SHARE = 0.05
LAST_STATES = {"done", "failed", "cancelled", "crashed"}
# The endpoint works in 32-bit numbers inside ONNX Runtime.
RELATIVE_TOLERANCE = 1e-4


def node(ident, kind, **params):
    return {"id": ident, "type": kind, "version": 1, "params": params, "position": {"x": 0, "y": 0}}


def edge(source, target, port="table", into=None):
    return {"source": source, "source_port": port, "target": target, "target_port": into or port}


def document(dataset, model, *, validation_size=0.0):
    prepared = ["source", "split", "impute", "scale", "encode", "model"]
    return {
        "nodes": [
            node("source", "source.file", dataset=dataset, target=TARGET, roles=[{"column": "day", "role": "time"}]),
            node("split", "split.split", method="time", test_size=TEST_SHARE, validation_size=validation_size),
            node("impute", "clean.impute"),
            node("scale", "features.scale"),
            node("encode", "features.encode"),
            model,
            node("evaluate", "evaluate.evaluate"),
            node("deploy", "publish.deploy"),
        ],
        "edges": [
            *(edge(first, second) for first, second in zip(prepared, prepared[1:], strict=False)),
            edge("model", "evaluate", "model"),
            edge("model", "deploy", "model"),
        ],
    }


@pytest.fixture(scope="module")
def stack(stack_with):
    return stack_with()


@pytest.fixture(scope="module")
def api(stack):
    return stack.signed_in()


@pytest.fixture(scope="module")
def rows():
    return houses()


@pytest.fixture(scope="module")
def dataset(api, rows):
    ident = api.upload("/datasets/", "houses.csv", as_csv(rows))["id"]

    def read():
        found = api.get(f"/datasets/{ident}/")
        assert found["status"] != "failed", found["error"]
        return found if found["status"] == "ready" else None

    return wait_for("the data set", read)


def run_to_the_end(stack, api, graph):
    """Start a run, follow its events over the socket, and return the run and the events."""
    run = api.post(f"/graphs/{graph}/runs/", {})["id"]
    address = stack.address.replace("http", "ws", 1) + f"/ws/runs/{run}/?after=0"
    events = []
    with connect(address, additional_headers={"Authorization": f"Bearer {api.token}"}) as socket:
        while not (events and events[-1]["kind"] == "run.status" and events[-1]["state"] in LAST_STATES):
            message = json.loads(socket.recv(timeout=180))
            events += [message] if "kind" in message else []
    return api.get(f"/runs/{run}/"), events


class Deployed:
    """A graph that was checked, run and deployed."""

    def __init__(self, stack, api, dataset, name, model, *, validation_size=0.0):
        drawn = document(dataset["id"], model, validation_size=validation_size)
        self.graph = api.post("/graphs/", {"name": name, "document": drawn})["id"]
        self.check = api.post(f"/graphs/{self.graph}/check/", {})
        self.run, self.events = run_to_the_end(stack, api, self.graph)
        assert self.run["state"] == "done", [one["error"] for one in self.run["nodes"] if one["error"]]
        self.made = api.post(f"/graphs/{self.graph}/deploy/", {"name": name})
        self.caller = Api(self.made["endpoint"]["url"], self.made["key"])

    def predict(self, rows):
        return self.caller.post("/predict", {"rows": rows})


@pytest.fixture(scope="module")
def ridge(stack, api, dataset):
    return Deployed(stack, api, dataset, "Ridge", node("model", "model.linear", penalty="ridge", alpha=ALPHA))


@pytest.fixture(scope="module")
def boosted(stack, api, dataset):
    params = {
        "n_estimators": TREES,
        "early_stopping_rounds": 0,
        "learning_rate": LEARNING_RATE,
        "num_leaves": LEAVES,
        "max_features": 1.0,
        "subsample": 1.0,
    }
    model = node("model", "model.boosting", **params)
    # With validation rows of its own the node learns from all training rows.
    return Deployed(stack, api, dataset, "Boosted trees", model, validation_size=VALID_SHARE)


def frames(rows):
    return [pd.DataFrame(part) for part in parted(rows)]


def prepare():
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False))
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("words", words, WORDS)])


def test_the_columns_of_the_file_are_found(dataset):
    types = {column["name"]: column["type"] for column in dataset["columns"]}
    assert dataset["rows"] == ROWS
    assert types["area"] == "number"
    assert types["rooms"] == "integer"
    assert types["district"] == "category"


def test_the_check_finds_no_fault(ridge):
    assert [problem for problem in ridge.check["problems"] if problem["severity"] == "error"] == []


def test_the_socket_gave_every_event_once_and_in_order(ridge, api):
    kept = api.get(f"/runs/{ridge.run['id']}/events/?after=0&limit=2000")["events"]
    assert [event["seq"] for event in ridge.events] == [event["seq"] for event in kept]
    assert [event["seq"] for event in ridge.events] == list(range(1, len(kept) + 1))


def test_every_node_is_done_and_says_what_came_out(ridge):
    assert {one["node"]: one["state"] for one in ridge.run["nodes"]} == dict.fromkeys(
        ["source", "split", "impute", "scale", "encode", "model", "evaluate", "deploy"], "done"
    )
    assert all(one["headline"] for one in ridge.run["nodes"])


@pytest.fixture(scope="module")
def sklearn_ridge(rows):
    training, test = frames(rows)
    # The node brings every column to one scale before it penalises weights.
    pipeline = make_pipeline(prepare(), StandardScaler(), Ridge(alpha=ALPHA)).fit(training, training[TARGET])
    return pipeline.predict(test), test[TARGET].to_numpy()


def test_the_endpoint_answers_what_scikit_learn_answers(ridge, rows, sklearn_ridge):
    expected, _ = sklearn_ridge
    answer = ridge.predict([raw(row) for row in parted(rows)[1]])
    np.testing.assert_allclose(answer["predictions"], expected, rtol=RELATIVE_TOLERANCE)


def test_the_reported_score_is_the_one_scikit_learn_counts(ridge, api, sklearn_ridge):
    expected, truth = sklearn_ridge
    metrics = api.get(f"/runs/{ridge.run['id']}/nodes/evaluate/outputs/metrics/")
    assert metrics["values"]["r2"] == pytest.approx(r2_score(truth, expected), rel=1e-4)


def test_an_endpoint_of_boosted_trees_answers_what_lightgbm_answers(boosted, rows):
    newest_first = sorted(rows, key=lambda row: -row["day"])
    held_out = round(len(rows) * TEST_SHARE) + round(len(rows) * VALID_SHARE)
    oldest_day_held_out = newest_first[held_out - 1]["day"]
    # In the order of the file, as the node sees them.
    training = pd.DataFrame([row for row in rows if row["day"] < oldest_day_held_out])
    test = pd.DataFrame(newest_first[: round(len(rows) * TEST_SHARE)])
    trees = import_lightgbm().LGBMRegressor(
        n_estimators=TREES,
        learning_rate=LEARNING_RATE,
        num_leaves=LEAVES,
        min_child_samples=ROWS_IN_LEAF,
        reg_lambda=RIDGE,
        deterministic=True,
        force_col_wise=True,
        n_jobs=1,
        verbosity=-1,
    )
    prepared = prepare().set_output(transform="pandas").fit(training)
    trees.fit(prepared.transform(training).to_numpy(), training[TARGET])
    expected = trees.predict(prepared.transform(test).to_numpy())
    answer = boosted.predict([raw(row) for row in newest_first[: len(test)]])
    np.testing.assert_allclose(answer["predictions"], expected, rtol=RELATIVE_TOLERANCE)


def test_a_bad_row_is_refused_with_its_row_and_column(ridge, rows):
    good = raw(rows[0]) | {"area": 90.0, "age": 10.0, "district": "north"}
    with pytest.raises(Refused) as refused:
        ridge.predict([good, good | {"area": "large"}])
    assert refused.value.status == 422
    assert refused.value.body["problems"][0]["at"] == "rows.1.area"
    with pytest.raises(Refused) as refused:
        ridge.predict([{name: value for name, value in good.items() if name != "rooms"}])
    assert refused.value.status == 422
    assert refused.value.body["problems"][0]["at"] == "rows.0.rooms"


def test_an_unknown_column_is_ignored_and_said_so(ridge, rows):
    row = raw(rows[0])
    with_more = ridge.predict([row | {"colour": "red"}])
    assert with_more["predictions"] == ridge.predict([row])["predictions"]
    assert any("colour" in warning for warning in with_more["warnings"])


def test_a_wrong_key_is_refused(ridge, rows):
    with pytest.raises(Refused) as refused:
        Api(ridge.caller.base, "wrong").post("/predict", {"rows": [raw(rows[0])]})
    assert refused.value.status == 401


def test_the_second_run_of_an_unchanged_graph_is_cached(stack, api, ridge):
    run, _ = run_to_the_end(stack, api, ridge.graph)
    assert run["state"] == "done"
    assert all(one["is_cached"] for one in run["nodes"])
