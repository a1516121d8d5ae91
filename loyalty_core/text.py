"""A text in both languages of the product, declared where the thing it names is declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in English and 简体中文."""

    en: str
    zh: str

    @classmethod
    def same(cls, words: str) -> Text:
        """Words that are the same in both languages."""
        return cls(words, words)

    def filled(self, **values: object) -> Text:
        """The text with each `{name}` in it replaced by the value of that name."""
        return Text(self.en.format(**values), self.zh.format(**values))

    def __call__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en
