"""The stage of a presentation: the whole screen, and keys that step back while nobody moves the mouse.

A browser gives the whole screen to a click alone, so the click that begins a presentation asks for it; where
that is refused, everything goes on in the window. Esc leaves the screen, and with it the presentation.
"""

from __future__ import annotations

from streamlit.components import v2 as components

KEYS = "slide_keys"  # the key of what holds the buttons that turn
BEGIN = "present_page"  # that of the button that begins
END = "slide_end"  # that of the button that ends
IDLE_S = 4  # until the keys step back

_ENTERED = f"""
export default () => {{
  const enter = (event) => {{
    if (event.target.closest(".st-key-{BEGIN} button"))
      document.documentElement.requestFullscreen?.().catch(() => {{}})
  }}
  document.addEventListener("click", enter, true)
  return () => document.removeEventListener("click", enter, true)
}}
"""
_HELD = f"""
export default () => {{
  const root = document.documentElement
  let resting
  const wake = () => {{
    root.classList.remove("slide-at-rest")
    clearTimeout(resting)
    resting = setTimeout(() => root.classList.add("slide-at-rest"), {IDLE_S * 1000})
  }}
  const leave = () => {{
    if (!document.fullscreenElement) document.querySelector(".st-key-{END} button")?.click()
  }}
  document.addEventListener("pointermove", wake)
  document.addEventListener("fullscreenchange", leave)
  wake()
  return () => {{
    document.removeEventListener("pointermove", wake)
    document.removeEventListener("fullscreenchange", leave)
    clearTimeout(resting)
    root.classList.remove("slide-at-rest")
    if (document.fullscreenElement) document.exitFullscreen()
  }}
}}
"""
_RESTING = f"""
.st-key-{KEYS} button {{ transition: opacity 0.4s; }}
.slide-at-rest .st-key-{KEYS}:not(:has(:focus-visible)) button {{ opacity: 0; }}
.slide-at-rest header:not(:has(:focus-visible)) button {{ opacity: 0; }}
.slide-at-rest {{ cursor: none; }}
"""


def entered_by_click() -> None:
    """The button that begins also asks for the whole screen."""
    components.component("stage_entered", js=_ENTERED)(key="stage_entered")


def held() -> None:
    """The stage while slides are shown on it; when they are not any more, the screen is given back."""
    components.component("stage_held", css=_RESTING, js=_HELD, isolate_styles=False)(key="stage_held")
