"""The worker process put together: ``celery --app celery_app worker`` and ``… beat``."""

from worker.assembly import create_worker

app = create_worker()
