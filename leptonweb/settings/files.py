"""Static files, uploads and the store of artifacts."""

from leptonweb.settings import env
from leptonweb.settings.base import BASE_DIR, LEPTON_DATA_DIR

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Static files are served from where they are: no collectstatic before a start.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/app/assets/"
FRONT_END_DIR = BASE_DIR / "static" / "app"

MEBIBYTE = 1024 * 1024
LEPTON_MAX_UPLOAD_MB = env.integer("LEPTON_MAX_UPLOAD_MB", 500, minimum=1)
UPLOAD_LIMIT_BYTES = LEPTON_MAX_UPLOAD_MB * MEBIBYTE
UPLOAD_PART_BYTES = 8 * MEBIBYTE
UPLOAD_DIR = LEPTON_DATA_DIR / "uploads"
LEPTON_ARTIFACTS_URL = env.text("LEPTON_ARTIFACTS_URL", str(LEPTON_DATA_DIR / "artifacts"))
# Above this size the least recently used results of finished runs are removed; 0: no limit.
LEPTON_CACHE_GB = env.integer("LEPTON_CACHE_GB", 50)
# Size of the local cache of a remote store; above it the least recently used copies are removed; 0: no limit. Its
# former name is read where the present one is not set.
LEPTON_LOCAL_CACHE_GB = env.integer("LEPTON_LOCAL_CACHE_GB", env.integer("LEPTON_FETCHED_GB", 10))

# Empty: no backups on a schedule.
LEPTON_BACKUP_DIR = env.text("LEPTON_BACKUP_DIR")
LEPTON_BACKUP_SECRETS_DIR = env.text("LEPTON_BACKUP_SECRETS_DIR")
LEPTON_BACKUP_HOURS = env.integer("LEPTON_BACKUP_HOURS", 24, minimum=1)
LEPTON_BACKUP_KEEP = env.integer("LEPTON_BACKUP_KEEP", 7, minimum=1)

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * MEBIBYTE // 2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 4
FILE_UPLOAD_MAX_MEMORY_SIZE = MEBIBYTE
