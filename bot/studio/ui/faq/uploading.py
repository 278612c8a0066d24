"""Where a file is handed in: chosen or dropped, sent to the API, and given to the page."""

import json
from collections.abc import Awaitable, Callable

from nicegui.events import GenericEventArguments

from bot.desk.ui.forms import alert, button, tag
from bot.desk.ui.office import Visit
from bot.staff.model import Actor
from bot.studio.faq.files.limits import MOST_BYTES
from bot.studio.faq.service import FaqStudio
from bot.studio.faq.words import refusal
from bot.studio.roles import TRAINS
from bot.studio.ui.faq.wording import ui

UPLOADS = "/api/v1/studio/faq/uploads"
_SEND = """async (event) => {
  event.preventDefault();
  const file = (event.dataTransfer || event.target).files[0];
  if (!file) return;
  const place = event.target.closest('.upload-place');
  const told = WORDS;
  place.classList.remove('over');
  if (file.size > told.most) { emit({problem: told.rejected}); return; }
  place.setAttribute('aria-busy', 'true');
  try {
    const form = new FormData();
    form.append('file', file, file.name);
    const answer = await fetch(told.address, {method: 'POST', body: form});
    const said = await answer.json().catch(() => ({}));
    const problem = typeof said.detail === 'string' ? said.detail : told.failed;
    emit(answer.ok ? {token: said.token} : {problem});
  } catch { emit({problem: told.failed}); }
  place.removeAttribute('aria-busy');
  if (event.type === 'change') event.target.value = '';
}"""
_OVER = "(event) => { event.preventDefault(); event.currentTarget.classList.add('over'); }"
_OUT = "(event) => event.currentTarget.classList.remove('over')"
_PICK = "(event) => event.target.closest('.upload-place').querySelector('input').click()"


class UploadPlace:
    """A place to drop one file on, with a button for who does not drag; refusals are read below it.

    Parameters
    ----------
    accept: endings as a browser takes them, e.g. ``.xlsx,.csv``.
    on_file: gets the name and the content, which is never over the limit.
    """

    def __init__(
        self,
        here: Visit,
        studio: FaqStudio,
        accept: str,
        hint: str,
        on_file: Callable[[str, bytes], Awaitable[None]],
    ) -> None:
        self._here = here
        self._studio = studio
        self._accept = accept
        self._hint = hint
        self._on_file = on_file

    def draw(self) -> None:
        words = {
            "address": UPLOADS,
            "most": MOST_BYTES,
            "failed": refusal("upload_failed"),
            "rejected": refusal("file_too_big", mb=MOST_BYTES // 1_000_000),
        }
        send = _SEND.replace("WORDS", json.dumps(words, ensure_ascii=False))
        with tag("div", "upload-place", **{"data-testid": "upload"}) as place:
            with tag("div"):
                button(ui("pick_file"), "primary", type="button").on("click", js_handler=_PICK)
                tag("span", "muted", ui("or_drop"))
                picked = tag("input", "", type="file", accept=self._accept, hidden=True, tabindex="-1")
                picked.on("change", self._sent, js_handler=send)
            tag("p", "muted", self._hint)
        place.on("drop", self._sent, js_handler=send)
        place.on("dragover", js_handler=_OVER).on("dragleave", js_handler=_OUT)
        self.refused = alert()

    async def _sent(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        self.refused.set_text(str(said.get("problem", "")))
        if "token" not in said:
            return

        async def take(actor: Actor) -> tuple[str, bytes]:
            return self._studio.uploads.take(actor, str(said["token"]))

        taken = await self._here.attempt(TRAINS, take, refused=self.refused)
        if taken is not None:
            await self._on_file(*taken)
