# One image for every role: the command chooses (api, worker, beat, migrate, sandbox).
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock .
RUN python -m venv /opt/rozana && /opt/rozana/bin/pip install --require-hashes --requirement requirements.lock

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home rozana
COPY --from=build /opt/rozana /opt/rozana
WORKDIR /srv/rozana/backend
COPY backend/alembic.ini ./
COPY backend/migrations migrations
COPY backend/app app
COPY backend/sandbox sandbox
COPY frontend-stub ../frontend-stub
ENV PATH=/opt/rozana/bin:$PATH PYTHONPATH=/srv/rozana/backend PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ENVIRONMENT=production
USER rozana
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log"]
