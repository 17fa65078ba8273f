#!/usr/bin/env bash
# Start Celery in this terminal: `scripts/start_celery.sh [both | worker | beat | flower] [OPTIONS]`.
# The default, both, is a worker for all queues with beat in it. Servers and settings are those of `scripts/run`, or of your environment.
set -euo pipefail
scripts=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
"$scripts/_python"
cd -- "$scripts/../backend"

part=${1:-both}
[ $# -eq 0 ] || shift
celery=(../.venv/bin/python -m celery -A app.core.celery_app)
case $part in
    worker) exec "${celery[@]}" worker --loglevel=info "$@" ;;
    beat) exec "${celery[@]}" beat --loglevel=info "$@" ;;
    flower) exec "${celery[@]}" flower --address=127.0.0.1 --port=5555 "$@" ;;
    both) exec "${celery[@]}" worker --beat --loglevel=info "$@" ;;
    *)
        echo "Usage: scripts/start_celery.sh [both | worker | beat | flower] [options of celery]" >&2
        exit 2
        ;;
esac
