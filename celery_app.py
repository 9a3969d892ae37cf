"""The worker process put together: ``celery --app celery_app worker`` and ``… beat``."""

from archive.archive import open_archive
from archive.settings import Settings
from community.assisting.settings import AssistantSettings
from community.assisting.working import work_waiting
from community.discussion.mailing import send_waiting
from community.mail.letters import send_letters
from community.mail.settings import MailSettings
from community.requests.letters import lost
from community.requests.reminding import EVERY_S as REMIND_EVERY_S
from community.requests.reminding import remind
from community.retention.nightly import EVERY_S, forget_old
from community.rights.rounds import COPY_EVERY_S, ERASE_EVERY_S, erase_due, make_copies
from community.site.settings import site_from_environment
from worker.assembly import create_worker, once_per_process
from worker.periodic import add_periodic

MAIL_EVERY_S = 30.0
HELP_EVERY_S = 15.0

app = create_worker()
archive = once_per_process(lambda: open_archive(Settings.from_environment()))

if (mail := MailSettings.from_environment()) is not None:
    by_mail: MailSettings = mail
    add_periodic(
        app, "dicomtube.send_mails", MAIL_EVERY_S, lambda: send_waiting(archive(), by_mail)
    )
    add_periodic(
        app, "dicomtube.send_letters", MAIL_EVERY_S, lambda: send_letters(archive(), by_mail, lost)
    )

if (settings := AssistantSettings.from_environment()) is not None:
    helping: AssistantSettings = settings
    service = helping.service()
    add_periodic(
        app, "dicomtube.help", HELP_EVERY_S, lambda: work_waiting(archive(), helping, service)
    )

site = site_from_environment()
add_periodic(app, "dicomtube.forget_old", EVERY_S, lambda: forget_old(archive(), site.days))
alarmed = site.operator.email or (mail.sender if mail else "")
add_periodic(app, "dicomtube.remind", REMIND_EVERY_S, lambda: remind(archive(), alarmed))
add_periodic(app, "dicomtube.erase_people", ERASE_EVERY_S, lambda: erase_due(archive()))
add_periodic(app, "dicomtube.make_copies", COPY_EVERY_S, lambda: make_copies(archive()))
