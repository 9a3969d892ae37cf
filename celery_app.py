"""The worker process put together: settings → Celery → tasks. ``celery --app celery_app worker``."""

from worker.assembly import create_worker

app = create_worker()
