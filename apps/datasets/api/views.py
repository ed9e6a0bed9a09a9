"""HTTP calls about data sets and uploads."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models.functions import Lower
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.current_user import user_of
from apps.common.ordering import ColumnOrdering
from apps.common.parsers import RawBody
from apps.common.request_data import validated_body, validated_query
from apps.common.roles import Action
from apps.common.search import WordSearch
from apps.common.viewsets import ScopedViewSet
from apps.datasets import services, uploads
from apps.datasets.api.profile import ProfileSerializer
from apps.datasets.api.serializers import (
    CompleteSerializer,
    DatasetSerializer,
    FilePreviewSerializer,
    FileSerializer,
    ListedDatasetSerializer,
    NameSerializer,
    PageQuerySerializer,
    ReadOptionsSerializer,
    ReceivedSerializer,
    RowPageSerializer,
    UploadRequestSerializer,
    UploadSerializer,
    VersionQuerySerializer,
)
from apps.datasets.models import Dataset, Upload
from apps.datasets.preview import preview
from apps.datasets.profile_fixes import with_nodes
from apps.datasets.table_rows import stored_page


class DatasetViewSet(ListModelMixin, RetrieveModelMixin, ScopedViewSet):
    """Data sets."""

    queryset = Dataset.objects.with_versions()
    serializer_class = DatasetSerializer
    filter_backends = (WordSearch, ColumnOrdering)
    search_fields = ("name",)
    orders: ClassVar[dict[str, Any]] = {"name": Lower("name"), "created": "created_at"}
    acts: ClassVar = {
        "list": Action.VIEW,
        "retrieve": Action.VIEW,
        "rows": Action.VIEW,
        "profile": Action.VIEW,
        "preview": Action.VIEW,
        "create": Action.EDIT,
        "read_again": Action.EDIT,
        "partial_update": Action.EDIT,
        "destroy": Action.EDIT,
    }

    def get_serializer_class(self) -> Any:
        """Return the short form for a list."""
        return ListedDatasetSerializer if self.action == "list" else super().get_serializer_class()

    def get_parsers(self) -> list[Any]:
        """Accept a form with a file for a new data set, JSON for the rest."""
        is_new = self.request is not None and self.request.method == "POST" and not self.detail
        return [MultiPartParser()] if is_new else super().get_parsers()

    @extend_schema(request={"multipart/form-data": FileSerializer}, responses={201: DatasetSerializer})
    def create(self, request: Request) -> Response:
        """Upload a file in one piece; it is read in the background."""
        values = validated_body(FileSerializer, request)
        dataset = services.create_from_file(workspace=self.workspace, user=user_of(request), **values)
        return Response(DatasetSerializer(dataset).data, status=201)

    @extend_schema(parameters=[VersionQuerySerializer], responses=DatasetSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return a data set with its current version, or with another one."""
        number = validated_query(VersionQuerySerializer, request)["version"]
        return Response(DatasetSerializer(services.at_version(self.get_object(), number)).data)

    @extend_schema(request=NameSerializer, responses=DatasetSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Rename a data set."""
        dataset = services.rename(dataset=self.get_object(), **validated_body(NameSerializer, request))
        return Response(DatasetSerializer(dataset).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Delete a data set and its file."""
        services.delete(dataset=self.get_object(), user=user_of(request))
        return Response(status=204)

    @extend_schema(parameters=[PageQuerySerializer], responses=RowPageSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def rows(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return some rows of the table as it was read."""
        page = validated_query(PageQuerySerializer, request)
        version = services.ready_version(self.get_object(), page["version"])
        return Response(stored_page(version.address, page["offset"], page["limit"]))

    @extend_schema(request=ReadOptionsSerializer, responses={202: DatasetSerializer})
    @action(detail=True, methods=["post"], url_path="read-again")
    def read_again(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Read the file again in the background with these options; the former table stays until that is done."""
        services.read_again(dataset=self.get_object(), options=validated_body(ReadOptionsSerializer, request))
        return Response(DatasetSerializer(self.get_object()).data, status=202)

    @extend_schema(request=ReadOptionsSerializer, responses=FilePreviewSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return the first rows of the file as they would be read with these options; nothing is stored."""
        return Response(preview(self.get_object(), validated_body(ReadOptionsSerializer, request)))

    @extend_schema(parameters=[VersionQuerySerializer], responses=ProfileSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def profile(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return what was counted of each column."""
        number = validated_query(VersionQuerySerializer, request)["version"]
        return Response(with_nodes(services.ready_version(self.get_object(), number).profile))


class UploadViewSet(ScopedViewSet):
    """Files on their way in."""

    queryset = Upload.objects.all()
    serializer_class = UploadSerializer
    acts: ClassVar = {
        "create": Action.EDIT,
        "retrieve": Action.EDIT,
        "part": Action.EDIT,
        "complete": Action.EDIT,
        "destroy": Action.EDIT,
    }

    def get_parsers(self) -> list[Any]:
        """Take the bytes of a part as they are, JSON for the rest."""
        is_part = self.request is not None and self.request.method == "PUT"
        return [RawBody()] if is_part else super().get_parsers()

    def get_queryset(self) -> Any:
        """Return the person's own uploads in the chosen workspace: what is sent must not end up in another one."""
        own = super().get_queryset().filter(created_by=self.request.user.pk)
        return own if getattr(self, "swagger_fake_view", False) else own.filter(workspace=self.workspace)

    @extend_schema(request=UploadRequestSerializer, responses={201: UploadSerializer})
    def create(self, request: Request) -> Response:
        """Announce a file; refused at once when it is too large."""
        values = validated_body(UploadRequestSerializer, request)
        upload = uploads.start(
            workspace=self.workspace, user=user_of(request), name=values["name"], size=values["bytes"]
        )
        return Response(_shown(upload), status=201)

    @extend_schema(responses=UploadSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Return which parts have come, to go on after a break."""
        return Response(_shown(self.get_object()))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002
        """Give an upload up."""
        upload = self.get_object()
        uploads.discard(upload)
        upload.delete()
        return Response(status=204)

    @extend_schema(request={"application/octet-stream": OpenApiTypes.BINARY}, responses=ReceivedSerializer)
    @action(detail=True, methods=["put"], url_path=r"parts/(?P<number>\d{1,6})")
    def part(self, request: Request, pk: str, number: str) -> Response:  # noqa: ARG002
        """Send one part, as bytes; numbers count from 0."""
        source = request.data if hasattr(request.data, "read") else _EmptyBody()
        return Response({"received": uploads.save_part(upload=self.get_object(), number=int(number), source=source)})

    @extend_schema(request=CompleteSerializer, responses={201: DatasetSerializer})
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Make a data set of the whole file; it is read in the background. Repeated, it returns the same data set."""
        values, user = validated_body(CompleteSerializer, request), user_of(request)
        dataset = services.made_from_upload(pk, user=user, workspace=self.workspace)
        if dataset is None:
            dataset = services.create_from_upload(upload=self.get_object(), user=user, **values)
        return Response(DatasetSerializer(dataset).data, status=201)


class _EmptyBody:
    """An empty body."""

    def read(self, size: int, /) -> bytes:  # noqa: ARG002
        return b""


def _shown(upload: Upload) -> dict[str, Any]:
    upload.received = uploads.received(upload)  # type: ignore[attr-defined]
    return dict(UploadSerializer(upload).data)
