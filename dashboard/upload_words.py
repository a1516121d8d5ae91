"""The words of uploads, which Streamlit knows in English only."""

from __future__ import annotations

import json

from streamlit.components.v2 import component

from dashboard.i18n import _, language

# Where Streamlit writes words of its own on an upload, and how large they are.
_WORDS = '[data-testid="stFileUploaderDropzone"] button p', "0.875rem"
_LIMIT = '[data-testid="stFileUploaderDropzoneInstructions"] span', "0.875rem"


def in_the_readers_language(most: str) -> None:
    """Its own words are drawn without a size, and the reader's beside them; `most` is what a file may have,
    such as "1 MB"."""
    if language() == "en":
        return
    limit = _("at most {size} each").format(size=most)
    rules = [
        f"{place} {{font-size: 0}}"
        f"{place}::after {{font-size: {letters}; content: {json.dumps(said, ensure_ascii=False)}}}"
        for (place, letters), said in {_WORDS: _("Upload"), _LIMIT: limit}.items()
    ]
    component("upload_words", html="<span></span>", css="\n".join(rules), isolate_styles=False)()
