# One image for every process of an installation: compose.yaml says which is which.
FROM python:3.11-slim-bookworm

# pg_dump and pg_restore, for `manage.py backup` and `restore`.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/havre

COPY requirements.txt .
RUN pip install -r requirements.txt

COPY manage.py ./
COPY config config
COPY community community
COPY chat chat
COPY safeguarding safeguarding
COPY templates templates
COPY locale locale

# Static files and translations are part of the image. The settings want secrets to load: these serve this step only.
ENV STATIC_ROOT=/srv/havre/static
RUN python -c "from pathlib import Path; from config.first_run import write_first_environment as write; write(Path('build.env'), domain='build.example')" \
    && export HAVRE_ENV_FILE=build.env \
    && python manage.py messages --compile-only \
    && python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf build.env var

RUN useradd --uid 10001 --home-dir /var/lib/havre --create-home havre
USER havre
ENV HAVRE_VAR=/var/lib/havre HOST=0.0.0.0 PORT=8000
VOLUME /var/lib/havre
EXPOSE 8000
CMD ["python", "manage.py", "process", "web"]
