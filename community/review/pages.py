"""The pages of the review: what waits, one study, one image with its boxes, and the decisions.

Each view reads the request, calls `archive.review` and answers. A decision answers with a redirect
to what is to be looked at next, so that a page that is loaded again decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from archive import review
from archive.archive import Archive
from archive.errors import ArchiveError, BadSearch, NotFound
from archive.review import Item
from archive.uploads import REVIEW, Upload
from community.audit import staff
from community.audit.chain import Fact
from community.guarding import PRIVATE_POLICY, ViewerOf, guard
from community.review import pictures, videos
from community.review.forms import Canvas, Draft, Row, read_draft, rows_of, spare_rows
from community.review.videos import Video
from community.review.words import REJECTIONS, VIEWS
from imaging.errors import ImagingError

_USUAL_VIEW = "usual"
_STUDIES_A_PAGE = 50
_IMAGES_A_PAGE = 200


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint; who may see what is `archive.review`'s to say."""
    blueprint = Blueprint("review", __name__, url_prefix="/review", template_folder="../templates")

    @blueprint.after_request
    def allow_videos(response: Response) -> Response:
        policy = PRIVATE_POLICY["Content-Security-Policy"]
        response.headers["Content-Security-Policy"] = f"{policy}; media-src 'self'"
        return response

    guard(blueprint)

    @blueprint.get("")
    def waiting() -> str:
        after = _cursor("after")
        found = review.waiting_for_review(archive, viewer_of(), after, _STUDIES_A_PAGE + 1)
        page = found[:_STUDIES_A_PAGE]
        return render_template(
            "review_list.html",
            uploads=page,
            later=page[-1].id if len(found) > len(page) else None,
            is_first=not after,
        )

    @blueprint.get("/<token>")
    def study(token: str) -> str:
        upload = review.upload_to_review(archive, viewer_of(), token)
        staff.note(archive, "staff.saw_study", _target(upload.token))
        return _study_page(upload, review.items(archive, viewer_of(), token), _cursor("from"))

    @blueprint.get("/<token>/<int:number>")
    def image(token: str, number: int) -> Response:
        shown = _shown(archive, viewer_of, token, number)
        staff.note(archive, "staff.saw_study", _target(token), image=number)
        item = shown.item
        boxes = item.proposed if item.decided is None else item.decided
        return _image_page(shown, rows_of(boxes), request.args)

    @blueprint.get("/<token>/<int:number>/<int:frame>.png")
    def picture(token: str, number: int, frame: int) -> Response:
        view = _view(request.args)
        try:
            data = pictures.picture(archive, viewer_of(), token, number, frame, view)
        except ImagingError as error:
            return Response(str(error), HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/plain")
        return Response(data, mimetype=pictures.MEDIA_TYPE)

    @blueprint.get("/<token>/<int:number>/video")
    def video(token: str, number: int) -> Response:
        found = videos.video_of(archive, viewer_of(), token, number)
        if found is None:
            raise NotFound("this is no video")
        return _streamed(archive, found)

    @blueprint.post("/<token>/<int:number>")
    def decide(token: str, number: int) -> Response:
        shown = _shown(archive, viewer_of, token, number)
        if request.form.get("action") == "leave-out":
            review.decide(archive, viewer_of(), token, number, None)
            _note_decision(archive, token, "left out", image=number)
            return _onwards(shown)
        if shown.video is not None:
            if request.form.get("looked") != "yes":
                return _image_page(shown, (), request.form, "Say that you watched all of it.")
            review.decide(archive, viewer_of(), token, number, ())
            _note_decision(archive, token, "accepted", image=number)
            return _onwards(shown)
        if shown.canvas is None:
            raise ArchiveError("what nobody can see cannot be accepted; leave it out")
        draft = read_draft(request.form, shown.canvas, shown.item.proposed)
        if request.form.get("action") != "blacken":
            return _image_page(shown, draft.rows, request.form)
        if problem := _problem(draft, shown.canvas):
            return _image_page(shown, draft.rows, request.form, problem)
        review.decide(archive, viewer_of(), token, number, draft.boxes)
        _note_decision(archive, token, "accepted", image=number, boxes=len(draft.boxes))
        return _onwards(shown)

    @blueprint.post("/<token>/alike")
    def decide_alike(token: str) -> Response:
        reason = request.form.get("reason", "")
        if request.form.get("looked") != "yes":
            raise ArchiveError("say that you looked at these images before you accept them")
        for item in review.items(archive, viewer_of(), token):
            if _is_open(item) and item.reason == reason:
                review.decide(archive, viewer_of(), token, item.number, item.proposed)
                _note_decision(archive, token, "accepted alike", image=item.number)
        return _see_other(url_for("review.study", token=token))

    @blueprint.post("/<token>/reject")
    def reject(token: str) -> Response:
        reason = REJECTIONS.get(request.form.get("reason", ""))
        if reason is None:
            raise ArchiveError("choose one of the reasons")
        review.reject(archive, viewer_of(), token, reason)
        _note_decision(archive, token, "rejected")
        return _see_other(url_for("review.study", token=token))

    return blueprint


def _target(token: str) -> str:
    return f"upload {token}"


def _note_decision(archive: Archive, token: str, how: str, **facts: Fact) -> None:
    staff.note(archive, "study.decided", _target(token), how=how, **facts)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One image in its review."""

    token: str
    items: Sequence[Item]
    item: Item
    canvas: Canvas | None
    video: Video | None

    @property
    def position(self) -> int:
        """Of the image, from 1."""
        return self.items.index(self.item) + 1


def _shown(archive: Archive, viewer_of: ViewerOf, token: str, number: int) -> _Shown:
    items = review.items(archive, viewer_of(), token)
    item = next((one for one in items if one.number == number), None)
    if item is None:
        raise NotFound("this image is not in question any more")
    video = videos.video_of(archive, viewer_of(), token, number)
    # Of a video no frame is decoded here.
    canvas = None if video else pictures.canvas_of(archive, viewer_of(), token, number)
    return _Shown(token, items, item, canvas, video)


def _is_open(item: Item) -> bool:
    return item.decided is None and not item.left_out


def _cursor(name: str) -> int:
    text = request.args.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadSearch(f"'{name}' is taken from the link of a page")
    return int(text)


def _study_page(upload: Upload, items: Sequence[Item], start: int) -> str:
    """The page of a study, with the images in question from one on."""
    open_items = [item for item in items if _is_open(item)]
    start = start // _IMAGES_A_PAGE * _IMAGES_A_PAGE
    end = start + _IMAGES_A_PAGE
    return render_template(
        "review_study.html",
        upload=upload,
        items=items[start:end],
        total=len(items),
        start=start,
        before=max(0, start - _IMAGES_A_PAGE) if start else None,
        after=end if end < len(items) else None,
        waits=upload.state == REVIEW,
        done=len(items) - len(open_items),
        following=open_items[0] if open_items else None,
        groups=Counter(item.reason for item in open_items).most_common(),
        rejections=REJECTIONS,
    )


def _image_page(
    shown: _Shown, rows: Sequence[Row], asked: MultiDict[str, str], problem: str = ""
) -> Response:
    canvas = shown.canvas
    frame = _frame(asked, canvas.frames if canvas else 1)
    page = render_template(
        "review_image.html",
        token=shown.token,
        item=shown.item,
        is_open=_is_open(shown.item),
        position=shown.position,
        total=len(shown.items),
        done=sum(not _is_open(item) for item in shown.items),
        canvas=canvas,
        video=shown.video,
        rows=rows,
        spare=spare_rows(rows, frame),
        frame=frame,
        view=_view(asked),
        views=VIEWS,
        problem=problem,
    )
    return Response(page, HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK)


def _streamed(archive: Archive, video: Video) -> Response:
    """A video, or the range of it that is asked for."""
    asked = request.range.range_for_length(video.size) if request.range else None
    start, end = asked or (0, video.size)
    status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
    answer = Response(videos.read(archive, video, start, end), status, mimetype=video.media_type)
    answer.content_length = end - start
    answer.headers["Accept-Ranges"] = "bytes"
    if asked:
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{video.size}"
    if not video.plays:
        answer.headers["Content-Disposition"] = "attachment; filename=video"
    return answer


def _problem(draft: Draft, canvas: Canvas) -> str:
    if not draft.is_good:
        return "A box cannot be used; what is wrong stands beside it."
    if canvas.frames > 1 and request.form.get("looked") != "yes":
        return f"Say that you looked at all {canvas.frames} frames."
    return ""


def _onwards(shown: _Shown) -> Response:
    """To the next image that is open, first of those that follow; else back to the study."""
    later = [*shown.items[shown.position :], *shown.items[: shown.position - 1]]
    following = next((item for item in later if _is_open(item)), None)
    if following is None:
        return _see_other(url_for("review.study", token=shown.token))
    return _see_other(url_for("review.image", token=shown.token, number=following.number))


def _see_other(url: str) -> Response:
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": url})


def _view(asked: MultiDict[str, str]) -> str:
    """The view that is asked for, by a button before a field; the usual one for any other word."""
    view = asked.get("go-view") or asked.get("view") or _USUAL_VIEW
    return view if view in VIEWS else _USUAL_VIEW


def _frame(asked: MultiDict[str, str], frames: int) -> int:
    """The frame that is asked for, by a button before a field; the nearest one that is there."""
    text = asked.get("go-frame") or asked.get("frame") or ""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    return max(1, min(number, frames))
