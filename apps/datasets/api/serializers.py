"""What data sets look like over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.errors import invalid
from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.datasets.table_rows import MAX_LIMIT
from tasks.graph.messages import Message, Names, message_json

ODD_ROWS = ["leave_out", "keep"]
COLUMN_TYPES = ["number", "integer", "boolean", "category", "text", "date"]
STATUSES = ["pending", "reading", "ready", "failed"]
ENCODINGS = [
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "windows-1252", "latin-1", "iso-8859-15", "mac-roman"),
    *("cp850", "cp852", "windows-1250", "iso-8859-2", "windows-1251", "koi8-r", "cp866", "windows-1253"),
    *("windows-1254", "windows-1255", "windows-1256", "windows-1257", "gb18030", "big5", "shift_jis"),
    *("euc-jp", "euc-kr"),
]
DELIMITER = r"^(?:[\x01-\x09\x0b\x0c\x0e-\x21#-*,/:-@\[-`{-\x7f]|[^\x00-\x7f\w\s])?\Z"
ROLES = ["feature", "target", "id", "weight", "time", "group", "ignore"]


class ColumnSerializer(serializers.Serializer[None]):
    """One column as it is known before or after a run."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=COLUMN_TYPES)
    role = serializers.ChoiceField(choices=ROLES)
    categories = serializers.ListField(child=serializers.CharField(), allow_null=True)
    nullable = serializers.BooleanField()
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)


class TableSchemaSerializer(serializers.Serializer[None]):
    """The columns of a table; ``is_open``: more may come that cannot be named before the run."""

    columns = ColumnSerializer(many=True)
    is_open = serializers.BooleanField()


class ReadErrorSerializer(serializers.Serializer[None]):
    """Why a file cannot be read, and in which line."""

    message = serializers.CharField()
    message_id = serializers.CharField(allow_blank=True)
    message_params = serializers.JSONField()
    line = serializers.IntegerField(allow_null=True)


def _words() -> serializers.ListField:
    word = serializers.CharField(max_length=200, allow_blank=True, trim_whitespace=False)
    return serializers.ListField(child=word, max_length=100, required=False, default=list)


class StrictSerializer(serializers.Serializer[None]):
    """A body in which nothing else may stand: what is not known would be thought to have been followed."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values. Raises ``ApplicationError`` (400) by place for each that does not exist."""
        unknown = [] if not isinstance(data, Mapping) else [str(name) for name in data if name not in self.fields]
        if unknown:
            raise invalid([{"at": name[:80], "message": self.unknown(name)} for name in unknown])
        return dict(super().to_internal_value(data))

    def unknown(self, name: str) -> Message:
        """Return the sentence about a value that does not exist."""
        return Message(
            "request.unknown_value",
            "This call takes no “{name}”. It takes {known}.",
            name=name[:80],
            known=Names(self.fields, shown=len(self.fields)),
        )


class DelimiterField(serializers.RegexField):
    """What separates columns."""

    def run_validators(self, value: Any) -> None:
        """Check the delimiter. Raises ``ApplicationError`` (400) with what may be one."""
        try:
            super().run_validators(value)
        except serializers.ValidationError:
            message = Message(
                "dataset.no_delimiter",
                "“{text}” cannot separate columns. A delimiter is one character: any but letters, digits, the double "
                "quote, +, -, . and line breaks.",
                text=str(value)[:20],
            )
            raise invalid([{"at": self.field_name or "", "message": message}]) from None


class ReadOptionsSerializer(StrictSerializer):
    """How to read a file, in the words of ``tasks/ingest/options.py``; what is empty is found out from the file."""

    encoding = serializers.ChoiceField(choices=ENCODINGS, required=False, allow_blank=True, default="")
    delimiter = DelimiterField(DELIMITER, required=False, allow_blank=True, default="", trim_whitespace=False)
    quote = serializers.ChoiceField(choices=["auto", "none", '"', "'"], required=False, default="auto")
    escape = serializers.ChoiceField(choices=["auto", "none", "\\"], required=False, default="auto")
    decimal = serializers.ChoiceField(choices=[".", ","], required=False, allow_blank=True, default="")
    thousands = serializers.ChoiceField(
        choices=["none", ",", ".", " ", "'"], required=False, allow_blank=True, default=""
    )
    header = serializers.ChoiceField(choices=["auto", "yes", "two_rows", "no"], required=False, default="auto")
    skip_rows = serializers.IntegerField(min_value=0, max_value=1000, required=False, default=0)
    skip_rows_at_end = serializers.IntegerField(min_value=0, max_value=1000, required=False, default=0)
    types = serializers.DictField(child=serializers.ChoiceField(choices=COLUMN_TYPES), required=False, default=dict)
    date_orders = serializers.DictField(
        child=serializers.ChoiceField(choices=["day", "month", "year"]), required=False, default=dict
    )
    missing = _words()
    kept = _words()
    bad_rows = serializers.ChoiceField(choices=["auto", "refuse", "set_aside", "pad"], required=False, default="auto")
    totals = serializers.ChoiceField(choices=ODD_ROWS, required=False, default="leave_out")
    footnotes = serializers.ChoiceField(choices=ODD_ROWS, required=False, default="leave_out")

    def unknown(self, name: str) -> Message:
        """Return the sentence about an option that does not exist."""
        return Message("dataset.unknown_option", "There is no option “{name}” for reading a file.", name=name[:80])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse one character for two purposes, and a word that would be both missing and a value."""
        pairs = (("thousands", "decimal"), ("quote", "delimiter"), ("escape", "delimiter"))
        same = [name for name, other in pairs if attrs[name] and attrs[name] == attrs[other]]
        if same:
            message = Message("dataset.same_mark", "“{mark}” cannot mean two things at once.", mark=attrs[same[0]])
            raise invalid([{"at": same[0], "message": message}])
        missing = {word.strip() for word in attrs["missing"]}
        both = next((word.strip() for word in attrs["kept"] if word.strip() in missing), None)
        if both is not None:
            message = Message(
                "dataset.missing_and_kept",
                "“{word}” cannot mean “no value” and be a value. Take it out of “missing” or “kept”.",
                word=both,
            )
            raise invalid([{"at": "kept", "message": message}])
        return attrs


class PreviewColumnSerializer(serializers.Serializer[None]):
    """A column as it would be read; ``date_order``: which comes first in its dates, empty where that is no question."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=COLUMN_TYPES)
    date_order = serializers.ChoiceField(choices=["day", "month", "year"], allow_blank=True)


class ReadingNoteSerializer(serializers.Serializer[None]):
    """What was decided or doubtful; without a column it is about the whole file."""

    code = serializers.CharField()
    column = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    message_id = serializers.CharField(required=False)
    message_params = serializers.JSONField(required=False)


class FoundReadingSerializer(serializers.Serializer[None]):
    """How a text table is written, as found out or chosen."""

    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    quote = serializers.CharField()
    escape = serializers.CharField()
    header = serializers.ChoiceField(choices=["yes", "two_rows", "no"])
    decimal = serializers.CharField()
    thousands = serializers.CharField(allow_blank=True)


class LikelyEncodingSerializer(serializers.Serializer[None]):
    """An encoding that a file may be in, and lines as they read by it."""

    encoding = serializers.ChoiceField(choices=ENCODINGS)
    lines = serializers.ListField(child=serializers.CharField(allow_blank=True))


class FilePreviewSerializer(serializers.Serializer[None]):
    """The first rows of a file as they would be read: values, and the texts they are made of where there are such.

    ``column_count``: how many there are, of which the first are shown. ``is_part``: the file goes on, so the whole may
    be read otherwise where rows below say more. ``lines``: the first lines of its text. ``encodings``: those that it
    may be in, where that has to be chosen.
    """

    columns = PreviewColumnSerializer(many=True)
    column_count = serializers.IntegerField()
    rows = serializers.ListField(child=serializers.ListField(child=serializers.JSONField(allow_null=True)))
    texts = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))
    notes = ReadingNoteSerializer(many=True)
    found = FoundReadingSerializer(allow_null=True)
    is_part = serializers.BooleanField()
    lines = serializers.ListField(child=serializers.CharField(allow_blank=True))
    error = ReadErrorSerializer(allow_null=True)
    encodings = LikelyEncodingSerializer(many=True)


class ReadingSerializer(serializers.Serializer[DatasetVersion]):
    """A reading of the file that was asked for after the one that is shown."""

    version = serializers.IntegerField(source="number")
    status = serializers.ChoiceField(choices=STATUSES)
    error = serializers.SerializerMethodField()

    @extend_schema_field(ReadErrorSerializer(allow_null=True))
    def get_error(self, version: DatasetVersion) -> dict[str, Any] | None:
        """Return why the file cannot be read so, or nothing."""
        return _error_of(version)


class ListedDatasetSerializer(serializers.ModelSerializer[Dataset]):
    """A data set as a list has it: with the number of its columns, which may be thousands, and without them."""

    status = serializers.ChoiceField(source="shown.status", choices=STATUSES)
    error = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="shown.number")
    current_version = serializers.IntegerField(source="current.number")
    file_name = serializers.CharField(source="shown.file_name")
    read_at = serializers.DateTimeField(source="shown.created_at")
    rows = serializers.IntegerField(source="shown.rows", allow_null=True)
    bytes = serializers.IntegerField(source="shown.bytes")
    column_count = serializers.SerializerMethodField()
    options = ReadOptionsSerializer(source="shown.options")
    again = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by.username", default=None, read_only=True, allow_null=True)

    class Meta:
        """What is shown."""

        model = Dataset
        fields = (
            "id",
            "workspace",
            "name",
            "status",
            "error",
            "version",
            "current_version",
            "file_name",
            "read_at",
            "rows",
            "bytes",
            "column_count",
            "options",
            "again",
            "created_at",
            "created_by",
        )

    @extend_schema_field(ReadErrorSerializer(allow_null=True))
    def get_error(self, dataset: Dataset) -> dict[str, Any] | None:
        """Return why the file cannot be read, or nothing."""
        return _error_of(dataset.shown) if dataset.shown else None

    @extend_schema_field(ReadingSerializer(allow_null=True))
    def get_again(self, dataset: Dataset) -> dict[str, Any] | None:
        """Return the newer reading that is not shown: on its way, or one that did not work."""
        newest = dataset.newest
        if newest is None or newest.pk == dataset.current_id:
            return None
        return dict(ReadingSerializer(newest).data)

    def get_column_count(self, dataset: Dataset) -> int:
        """Return how many columns there are, 0 before the file was read."""
        return len(dataset.shown.schema.get("columns", ())) if dataset.shown else 0


class DatasetSerializer(ListedDatasetSerializer):
    """A data set with its current version, or the one that was asked for."""

    columns = serializers.SerializerMethodField()

    class Meta(ListedDatasetSerializer.Meta):
        """What is shown."""

        fields = (*ListedDatasetSerializer.Meta.fields, "columns")  # type: ignore[assignment]

    @extend_schema_field(ColumnSerializer(many=True))
    def get_columns(self, dataset: Dataset) -> list[dict[str, Any]]:
        """Return the columns, none before the file was read."""
        return list(dataset.shown.schema.get("columns", [])) if dataset.shown else []


def _error_of(version: DatasetVersion) -> dict[str, Any] | None:
    if not version.error_message:
        return None
    message = Message.from_parts(version.error_message, version.error_parts)
    return {"message_id": "", "message_params": {}, **message_json(message), "line": version.error_line}


class NameSerializer(serializers.Serializer[None]):
    """A new name."""

    name = serializers.CharField(max_length=200)


class FileSerializer(StrictSerializer):
    """A file in one piece."""

    file = serializers.FileField(allow_empty_file=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload: which parts have come, and how large each must be."""

    received = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        """What is shown."""

        model = Upload
        fields = ("id", "workspace", "name", "bytes", "part_bytes", "received")
        read_only_fields = ("workspace", "part_bytes")


class UploadRequestSerializer(StrictSerializer):
    """A file to come: its name and size."""

    name = serializers.CharField(max_length=255)
    bytes = serializers.IntegerField(min_value=0)


class ReceivedSerializer(serializers.Serializer[None]):
    """The numbers of the parts that have come."""

    received = serializers.ListField(child=serializers.IntegerField())


class CompleteSerializer(StrictSerializer):
    """The name of the data set; the file's own without one."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class VersionQuerySerializer(serializers.Serializer[None]):
    """Which version; the current one without."""

    version = serializers.IntegerField(min_value=1, required=False, default=None)


class PageQuerySerializer(VersionQuerySerializer):
    """Which rows."""

    offset = serializers.IntegerField(min_value=0, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=100)


class RowPageSerializer(serializers.Serializer[None]):
    """Some rows, with their values in the order of the data set's columns."""

    offset = serializers.IntegerField()
    total = serializers.IntegerField()
    rows = serializers.ListField(child=serializers.ListField(child=serializers.JSONField()))
