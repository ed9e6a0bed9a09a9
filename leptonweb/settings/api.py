"""The HTTP interface: authentication, permission, paging, the one error form and the OpenAPI document."""

from leptonweb.settings.base import VERSION

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    # Denies every view that does not declare its action in the role table.
    "DEFAULT_PERMISSION_CLASSES": ["apps.common.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["apps.common.renderers.LenientJSON"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.parsers.BoundedJSON"],
    "DEFAULT_PAGINATION_CLASS": "apps.common.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "apps.common.schema.Schema",
    "EXCEPTION_HANDLER": "apps.common.errors.error_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "LeptonWeb",
    "DESCRIPTION": "Data sets, graphs, runs and endpoints.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": True,
    "ENUM_NAME_OVERRIDES": {
        "WorkspaceRoleEnum": "apps.accounts.api.serializers.ROLES",
        "RunStateEnum": "apps.runs.models.Run.State",
        "CleanupReasonEnum": "apps.runs.models.CleanupRequest.Reason",
        "ColumnRoleEnum": "apps.datasets.api.serializers.ROLES",
        "ColumnTypeEnum": "apps.datasets.api.serializers.COLUMN_TYPES",
        "OddRowsEnum": "apps.datasets.api.serializers.ODD_ROWS",
        "KeyScopeEnum": "apps.serving.api.serializers.SCOPES",
        "TokenScopeEnum": "apps.common.roles.SCOPES",
    },
}
