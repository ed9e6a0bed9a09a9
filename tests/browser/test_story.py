"""The story of the first five minutes in a real browser, and its numbers beside scikit-learn run directly.

`frontend/e2e/story.mjs` plays: set-up link, dropped file, predict a column, run, deploy, try. It takes where and what
from the environment, puts screenshots into ``LEPTON_OUTPUT`` and leaves ``result.json`` there with what the page
showed: ``{"endpoint", "key", "row", "answer"}``.
"""

import json
import os
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from tests.browser.chromium import CHROMIUM, MARKS
from tests.stack import PASSWORD, ROOT, USERNAME, Api, Stack, stack_environment
from tests.story.houses import NUMBERS, TARGET, WORDS, as_csv, houses

OUTPUT = ROOT / "test-results" / "story"
STORY_SECONDS = 300

pytestmark = MARKS


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack on which nobody has an account: the story begins with the set-up link."""
    empty = {"LEPTON_ADMIN_USERNAME": "", "LEPTON_ADMIN_PASSWORD": ""}
    with Stack(stack_environment(tmp_path_factory.mktemp("story"), **empty)) as stack:
        yield stack


@pytest.fixture(scope="module")
def told(stack, tmp_path_factory):
    """What the page showed at the end of the story."""
    link = stack.wait_for_line("setup?token=").partition("once: ")[2].strip()
    file = tmp_path_factory.mktemp("file") / "houses.csv"
    file.write_bytes(as_csv(houses()))
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.stamps' / 'node'}{os.pathsep}{os.environ['PATH']}",
        "CHROMIUM": CHROMIUM,
        "LEPTON_ADDRESS": stack.address,
        "LEPTON_SETUP_LINK": link,
        "LEPTON_USERNAME": USERNAME,
        "LEPTON_PASSWORD": PASSWORD,
        "LEPTON_CSV": str(file),
        "LEPTON_TARGET": TARGET,
        "LEPTON_OUTPUT": str(OUTPUT),
    }
    played = subprocess.run(
        ["node", "e2e/story.mjs"],
        cwd=ROOT / "frontend",
        env=environment,
        capture_output=True,
        text=True,
        timeout=STORY_SECONDS,
        check=False,
    )
    assert played.returncode == 0, f"{played.stdout}\n{played.stderr}\n{stack.text}"
    return json.loads((OUTPUT / "result.json").read_text())


@pytest.fixture(scope="module")
def api(stack, told):
    return stack.signed_in()


@pytest.fixture(scope="module")
def run(api):
    (run,) = [one for one in api.get("/runs/")["results"] if one["state"] == "done"][:1]
    return api.get(f"/runs/{run['id']}/")


@pytest.fixture(scope="module")
def held_out(api, run):
    """The rows the model was judged on, with what it answered."""
    page = api.get(f"/runs/{run['id']}/nodes/evaluate/outputs/predictions/?limit=1000")
    return pd.DataFrame(page["rows"], columns=[column["name"] for column in page["schema"]["columns"]])


def test_the_answer_on_the_page_is_the_endpoint_s(told):
    answer = Api(told["endpoint"], told["key"]).post("/predict", {"rows": [told["row"]]})
    assert float(told["answer"]) == pytest.approx(answer["predictions"][0], rel=1e-3)


def test_the_reported_scores_are_those_scikit_learn_counts(api, run, held_out):
    values = api.get(f"/runs/{run['id']}/nodes/evaluate/outputs/metrics/")["values"]
    truth, predicted = held_out["actual"], held_out["predicted"]
    assert values["r2"] == pytest.approx(r2_score(truth, predicted), abs=1e-4)
    assert values["mae"] == pytest.approx(mean_absolute_error(truth, predicted), rel=1e-4)


def test_the_model_is_as_good_as_scikit_learn_s_own(api, run):
    rows = pd.DataFrame(houses())
    encode = ColumnTransformer(
        [("words", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), WORDS)],
        remainder="passthrough",
    )
    pipeline = make_pipeline(encode, HistGradientBoostingRegressor(random_state=0))
    scores = cross_val_score(pipeline, rows[[*NUMBERS, *WORDS]], rows[TARGET], scoring="r2")
    values = api.get(f"/runs/{run['id']}/nodes/evaluate/outputs/metrics/")["values"]
    assert values["r2"] > np.mean(scores) - 2 * np.std(scores) - 0.01


def test_every_scene_left_a_picture(told):
    assert len(list(OUTPUT.glob("*.png"))) >= 5
