# One image for every role: the command chooses (api, worker, beat, flower, migrate, sandbox, rozana …).
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock .
RUN python -m venv /opt/rozana && /opt/rozana/bin/pip install --require-hashes --requirement requirements.lock

FROM python:3.13-slim-bookworm
# .rozana: where the demo keeps its settings; a volume takes its owner from here.
RUN useradd --system --uid 10001 --no-create-home rozana \
    && install --directory --owner=10001 --group=10001 --mode=0700 /srv/rozana/.rozana
COPY --from=build /opt/rozana /opt/rozana
COPY deploy/rozana /opt/rozana/bin/rozana
COPY frontend-stub /srv/rozana/frontend-stub
WORKDIR /srv/rozana/backend
COPY backend/alembic.ini ./
COPY backend/migrations migrations
COPY backend/app app
COPY backend/sandbox sandbox
COPY backend/local local
ENV PATH=/opt/rozana/bin:$PATH PYTHONPATH=/srv/rozana/backend PYTHONUNBUFFERED=1 ENVIRONMENT=production
# Compiled here: the containers' file systems are read-only.
RUN python -m compileall -q .
USER 10001:10001
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log"]
