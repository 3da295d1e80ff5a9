"""Havre's settings: environment variables in, one configuration out.

Every variable is read here, once and strictly (`config.env`). docs/operations.md lists them.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.connections import celery_broker_url, database_settings
from config.env import Env, read_env_file
from config.keys import FORMER_SECRETS, SECRET_NAMES, local_secrets
from config.mail import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("HAVRE_VAR") or BASE_DIR / "var").resolve()

_named = os.environ.get("HAVRE_ENV_FILE")
if _named and not Path(_named).is_file():
    raise ImproperlyConfigured("HAVRE_ENV_FILE names no file.")
_written = read_env_file(Path(_named or VAR_DIR / "havre.env"))
env = Env(os.environ, _written)

# -- what kind of installation this is -------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
# Demo accounts, a demo age provider and a banner on every page. `config.run` refuses it on any address but loopback.
HAVRE_DEMO = env.flag("HAVRE_DEMO", default=False)
# The demo and development run without any secret set: theirs are made at first use and kept in the data folder.
LOCAL = DEBUG or HAVRE_DEMO
if LOCAL:
    env = Env(os.environ, {**local_secrets(VAR_DIR), **_written})

# As they were given, for `manage.py backup`.
SECRETS = {name: env.text(name) for name in (*SECRET_NAMES, *filter(env.given, FORMER_SECRETS))}
SECRET_KEY = env.secret("SECRET_KEY")
EVIDENCE_KEYS = env.keys("EVIDENCE_KEYS")  # wrap the keys of evidence; id -> 32 bytes, the first seals
SIGNING_KEY = env.key("SIGNING_KEY")  # Ed25519 seed that signs exports
# Optional, for dossiers and the audit chain: an RFC 3161 authority with its root certificates (PEM), and a PKCS #12
# certificate of the organisation that signs the PDFs (PAdES).
TSA_URL = env.text("TSA_URL", "")
TSA_CA = env.text("TSA_CA", "")
PDF_CERTIFICATE = env.text("PDF_CERTIFICATE", "")
PDF_CERTIFICATE_PASSWORD = env.text("PDF_CERTIFICATE_PASSWORD", "")
if TSA_URL and not Path(TSA_CA).is_file():
    raise ImproperlyConfigured("TSA_CA must name a PEM file with the roots of the authority at TSA_URL.")
if PDF_CERTIFICATE and not Path(PDF_CERTIFICATE).is_file():
    raise ImproperlyConfigured("PDF_CERTIFICATE must name a PKCS #12 file.")
HASH_KEY = env.key("HASH_KEY")  # HMAC key of codes, used proofs and fingerprints
CONNECTION_LOG_KEY = env.key("CONNECTION_LOG_KEY")  # seals addresses of sign-ups and logins
CONNECTION_LOG_OLD_KEYS = env.old_keys("CONNECTION_LOG_OLD_KEYS")  # former ones: open what they sealed, seal nothing
if CONNECTION_LOG_KEY in CONNECTION_LOG_OLD_KEYS:
    raise ImproperlyConfigured("CONNECTION_LOG_OLD_KEYS holds the key in use: it is for former ones.")

ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]") if LOCAL else ())
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must be set: the names this community is reached under.")
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name hosts: '*' lets any site open sockets here.")

HTTPS = env.flag("HTTPS", default=not LOCAL)
if not (HTTPS or LOCAL):
    raise ImproperlyConfigured("HTTPS must not be off: session and CSRF cookies would travel in clear.")
# How many reverse proxies stand in front; the client's address is the one that the first of them saw.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, most=10)

# Where `manage.py run` and `process` listen, and how many processes they start.
LISTEN_HOST = env.text("HOST", "127.0.0.1")
LISTEN_PORT = env.number("PORT", 8000, least=1, most=65535)
# For links in mail and in documents. The demo is reached where it listens.
_host = f"[{LISTEN_HOST}]" if ":" in LISTEN_HOST else LISTEN_HOST
_here = f"http://{_host}:{LISTEN_PORT}" if LOCAL else f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
SITE_URL = env.site("SITE_URL", _here)
WEB_PROCESSES = env.number("WEB_PROCESSES", 1, least=1, most=64)
WORKER_PROCESSES = env.number("WORKER_PROCESSES", 2, least=1, most=64)

# -- the house -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "safeguarding",
    "chat",
    "community",
    # The console is a site of our own (safeguarding.admin.site): no default one, and nobody registers on it unasked.
    "unfold.apps.BasicAppConfig",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "channels",
]

# What the floors ask of the floors above, named here and nowhere else. A system check fails when one is unset.
CHAT_SAFEGUARD = env.text("CHAT_SAFEGUARD", "safeguarding.adapter.ChatSafeguard")
COMMUNITY_NAME_SCREEN = "safeguarding.adapter.NameScreen"
COMMUNITY_AGE_WATCH = "safeguarding.adapter.AgeWatch"
COMMUNITY_PERSONAL_DATA = ["chat.adapter.PersonalData", "safeguarding.adapter.PersonalData"]
_AGES = tuple(str(age) for age in range(13, 22))
# The ways of proving an age that this community offers, in this order.
_AGE_PROVIDERS = {
    "in_person": "community.age.in_person.InPersonProvider",
    "eu_wallet": "community.age.eu_wallet.provider.EuWalletProvider",
    "eu_wallet_zk": "community.age.eu_wallet.provider.EuWalletZkProvider",
    "oidc_age": "community.age.remote.OidcAgeProvider",
    "hosted": "community.age.remote.HostedProvider",
}
ZK_CIRCUITS = Path(env.text("ZK_CIRCUITS", str(VAR_DIR / "circuits")))
AGE_PROVIDERS = [_AGE_PROVIDERS[name] for name in env.chosen("AGE_PROVIDERS", ("in_person",), _AGE_PROVIDERS)]
# The ages that may be asked for: those of the rooms, and no other.
AGE_THRESHOLDS = sorted(int(age) for age in env.chosen("AGE_THRESHOLDS", ("13", "15", "16", "18"), _AGES))
# A service that speaks OpenID Connect, and a hosted vendor; each is offered once it is set up whole.
OIDC_AGE = (
    {
        "issuer": env.url("OIDC_AGE_ISSUER", loopback=LOCAL),
        "client_id": env.text("OIDC_AGE_CLIENT_ID"),
        "client_secret": env.text("OIDC_AGE_CLIENT_SECRET", ""),
        "scope": env.text("OIDC_AGE_SCOPE", "openid age_over:{age}"),
        "level": env.choice("OIDC_AGE_LEVEL", "enhanced", ("standard", "enhanced", "strict")),
        "name": env.text("OIDC_AGE_NAME", ""),
    }
    if any(path.endswith("OidcAgeProvider") for path in AGE_PROVIDERS)
    else None
)
HOSTED_AGE = (
    {
        "vendor": env.choice("HOSTED_AGE_VENDOR", "yoti", ("yoti",)),
        "url": env.url("HOSTED_AGE_URL", "https://age.yoti.com", loopback=LOCAL),
        "account": env.text("HOSTED_AGE_ACCOUNT"),
        "key": env.text("HOSTED_AGE_KEY"),
        "secrets": env.items("HOSTED_AGE_WEBHOOK_SECRETS") or [env.text("HOSTED_AGE_WEBHOOK_SECRETS")],
        "methods": env.chosen(
            "HOSTED_AGE_METHODS", ("doc_scan", "digital_id"), ("doc_scan", "digital_id", "age_estimation")
        ),
    }
    if any(path.endswith("HostedProvider") for path in AGE_PROVIDERS)
    else None
)
if HAVRE_DEMO:
    AGE_PROVIDERS.append("community.age.demo.DemoProvider")

# How many days what is kept, once its clock runs (docs/operations.md says from when). Counsel may want others; what
# was restricted can be appealed for six months, so it is never shorter than that.
_TERMS = {
    "connections": 365,
    "accounts": 365,
    "unfounded": 90,
    "restricted": 215,
    "reasons": 215,
    "hate": 365,
    "minors": 365,
    "handed_over": 365,
    "nca_reference": 1826,
}
RETENTION_DAYS = {
    name: env.number(f"RETENTION_{name.upper()}", days, least=184 if name in ("restricted", "reasons") else 1)
    for name, days in _TERMS.items()
}

# A rule that people find wrong more often than this drops to SHADOW (P2, P3) or calls them (P0, P1): the least share,
# in percent, of its decided cases that they must have confirmed, looked at from so many cases on.
RULE_FLOORS = {
    severity: env.number(f"RULE_FLOOR_{severity}", percent, least=0, most=100)
    for severity, percent in {"P0": 10, "P1": 20, "P2": 40, "P3": 25}.items()
}
RULE_FLOOR_CASES = env.number("RULE_FLOOR_CASES", 20, least=5)
# What the machine may do within 24 hours before it only holds messages and calls people.
MEASURE_QUOTAS = {
    kind: env.number(f"QUOTA_{kind.upper()}", count, least=1)
    for kind, count in {
        "hold": 300, "refuse": 300, "pause_contact": 100, "slow_room": 50, "fresh_age_proof": 100,
    }.items()
}  # fmt: skip

# Officers are paged through these apprise addresses (mail, webhook, SMS gateways); the deputy when nobody answers.
PAGING_URLS = env.addresses("PAGING_URLS")
PAGING_DEPUTY_URLS = env.addresses("PAGING_DEPUTY_URLS")

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "community.middleware.MemberLanguageMiddleware",
    "community.middleware.WrongWayMiddleware",
    "community.middleware.AgeGateMiddleware",
    "community.middleware.DeviceMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "community.context.page",
                "safeguarding.context.safety_cards",
            ],
        },
    },
]

# -- data ------------------------------------------------------------------------------------------------------------

DATABASES = {"default": database_settings(env.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'havre.sqlite3'}"))}
# Apart from the URL, so that it can be mounted as a file (DATABASE_PASSWORD_FILE).
DATABASES["default"]["PASSWORD"] = env.text("DATABASE_PASSWORD", DATABASES["default"].get("PASSWORD") or "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMBEDDED_REDIS = not env.given("REDIS_URL")  # `manage.py run` then starts one
REDIS_URL = env.text("REDIS_URL", f"unix://{VAR_DIR / 'redis.sock'}?db=0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "havre",
        # A Redis that hangs must not hang the pages: what the cache holds can be missed.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# What beat starts, and every how many seconds. Each finds its own work in the rows, and finds nothing when there is
# none. One that waited longer than its own period is dropped: the next does the same.
_EVERY = {
    "config.heartbeat": 10,
    "community.tasks.sweep_mail": 15,
    "community.tasks.seal": 10,
    "community.tasks.sign_heads": 1800,
    "community.tasks.expire": 60,
    "community.tasks.sweep_age_results": 30,
    "community.tasks.purge": 6 * 3600,
    "safeguarding.tasks.sweep": 5,
    "safeguarding.tasks.page": 15,
    "safeguarding.tasks.remind": 60,
    "safeguarding.tasks.fill_windows": 10,
    "safeguarding.tasks.end_measures": 30,
    "safeguarding.tasks.build_exports": 60,
    "safeguarding.tasks.rules": 60,
    "safeguarding.tasks.steer_rules": 1800,
    "safeguarding.tasks.forget": 24 * 3600,
    "safeguarding.tasks.retain": 24 * 3600,
    "safeguarding.tasks.erase": 3600,
    "safeguarding.tasks.sign_months": 24 * 3600,
}
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}} for task, seconds in _EVERY.items()
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# -- people ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "community.Member"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "community.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "community.forms.LoginForm",
    "signup": "community.forms.SignupForm",
    "reset_password": "community.forms.ResetPasswordForm",
    "reset_password_from_key": "community.forms.NewPasswordForm",
    "reauthenticate": "community.forms.ReauthenticateForm",
    "add_email": "community.forms.AddEmailForm",
    "change_password": "community.forms.ChangePasswordForm",
}
# No sign-up is answered sooner: opening an account takes longer than writing to the one there is, and who measures
# would learn whose address has one.
SIGN_UP_SECONDS = 0.8
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_NOTIFICATIONS = True  # neutral, like all mail: somebody who took an account over cannot hide it
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # the password again before the address changes
# By client address (ip) and by the address typed (key), counted in the cache.
ACCOUNT_RATE_LIMITS = {
    "signup": "30/h/ip",
    "login": "30/m/ip",
    "login_failed": "30/5m/ip,5/5m/key",
    "reset_password": "20/h/ip,3/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
    "reauthenticate": "10/m/user",
}
# Addresses (by name) of the floors above that stay open to a member without a proved age, or suspended: reporting,
# decisions about them, appeals, the thread with a safeguarding officer. community.middleware has its own.
AGE_GATE_OPEN = [
    "safeguarding:report_message",
    "safeguarding:report_member",
    "safeguarding:my_reports",
    "safeguarding:report_done",
    "safeguarding:my_decisions",
    "safeguarding:decision",
    "safeguarding:contest",
    "safeguarding:cards",
    "safeguarding:dismiss_card",
    "safeguarding:transparency",
    "safeguarding:transparency_json",
    "safeguarding:erase",
    "safeguarding:erasure_answer",
]
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# A proved account that turns up in a browser where so many others have been within a month is asked for a fresh proof;
# 0 where people share computers as a matter of course (a library, a youth club).
DEVICE_ACCOUNTS = env.number("DEVICE_ACCOUNTS", 5, most=1000)

SESSION_COOKIE_AGE = 14 * 24 * 3600
OTP_TOTP_ISSUER = "Havre"

# -- mail ------------------------------------------------------------------------------------------------------------

globals().update(mail_server(env))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.sender("EMAIL_FROM", f"Havre <no-reply@{ALLOWED_HOSTS[0].lstrip('.')}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if LOCAL and not env.given("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"

# -- the socket ------------------------------------------------------------------------------------------------------

# Posts of one process that share a commit at most: so a busy room shares its cost.
POSTS_TOGETHER = env.number("POSTS_TOGETHER", 64, least=1, most=1_000)
# What one page may send before its socket is closed for a flood; three seconds' worth may come at once.
SOCKET_FRAMES_PER_SECOND = env.number("SOCKET_FRAMES_PER_SECOND", 20, least=1, most=1_000_000)

# -- words and times -------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"  # English is British, by the clock of 24 hours
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.zone("TIME_ZONE", "Europe/Paris")  # the community's zone; the database and exports are in UTC

# -- files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = LOCAL  # nothing to collect before the first page
if LOCAL:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "media"

# -- what browsers are told ------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by orchestrators on the inner network, without TLS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 365 * 24 * 3600 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "community.error_views.csrf_failed"
X_FRAME_OPTIONS = "DENY"
# A message is 2,000 characters and a report a few pages; nothing here uploads files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# -- logs ------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{", "datefmt": "%H:%M:%S"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))},
    # Django would mail errors to ADMINS, with request data in them: a log line is enough, and holds less.
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # Beat starts something every few seconds: that is not news.
        "celery.beat": {"level": "WARNING"},
        # At DEBUG it would write the addresses it calls, with a vendor's sessions in them.
        "urllib3": {"level": "INFO"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}

UNFOLD = {"SITE_TITLE": "Havre", "SITE_HEADER": "Havre", "SITE_URL": "/", "SHOW_HISTORY": False}
