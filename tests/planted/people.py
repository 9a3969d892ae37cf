"""Names of people who never were, in the letters of six character sets."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Script:
    """Letters, and the Specific Character Set that has them.

    Attributes
    ----------
    pieces
        What a part of a name is put together of.
    count
        Of pieces in a part.
    phonetic
        Pieces of the third component group of a name, if there is one.
    """

    name: str
    charsets: tuple[str, ...]
    pieces: tuple[str, ...]
    count: int
    phonetic: tuple[str, ...] = ()

    @property
    def ideographic(self) -> bool:
        return self.count == 3


def _pairs(first: str, then: str) -> tuple[str, ...]:
    return tuple(a + b for a in first for b in then)


PLAIN = Script("plain", (), _pairs("bdfgklmnprstvwxz", "aeiou"), 4)
LATIN_1 = Script("latin1", ("ISO_IR 100",), _pairs("bdfgklmnprstvxñç", "äöüéèåøï"), 4)
CYRILLIC = Script("cyrillic", ("ISO_IR 144",), _pairs("бвгджзклмнпрстфхцчшщ", "аеёиоуыэюя"), 4)
JAPANESE = Script(
    "japanese",
    ("", "ISO 2022 IR 87"),
    tuple("山川田村木林森石金松井島崎藤佐伊加斎渡辺清池橋沢岡桜竹梅菊鈴熊鶴亀鷹"),
    3,
    tuple("あかさたなはまやらわきしちにひみりくすつぬふむゆる"),
)
KOREAN = Script(
    "korean",
    ("", "ISO 2022 IR 149"),
    tuple("金李朴崔鄭姜趙尹張林吳韓申徐權黃安宋柳洪"),
    3,
    tuple("김이박최정강조윤장임한오서신권황안송류홍민준우현진영하은도채"),
)
CHINESE = Script(
    "chinese", ("GB18030",), tuple("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许龙凤镕喆堃"), 3
)
UNICODE = Script("unicode", ("ISO_IR 192",), _pairs("βγδζθκλμνξπρφχψ", "αεηιουώ"), 4)
ARABIC = Script("arabic", ("ISO_IR 192",), tuple("بتثجحخدذرزسشصضطظعغفقكلمنهوي"), 7)
SCRIPTS = (LATIN_1, CYRILLIC, JAPANESE, KOREAN, CHINESE, UNICODE, ARABIC)


@dataclass(frozen=True)
class Name:
    """Family and given name in each component group (PS3.5 section 6.2)."""

    groups: tuple[tuple[str, str], ...]

    @property
    def pn(self) -> str:
        return "=".join("^".join(parts) for parts in self.groups)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for group in self.groups for part in group)

    @property
    def native(self) -> tuple[str, str]:
        """Family and given name as they are written where the person lives."""
        return self.groups[min(1, len(self.groups) - 1)]


def make_name(script: Script, random: Random) -> Name:
    plain = (_part(PLAIN, random), _part(PLAIN, random))
    if not script.ideographic:
        return Name(((_part(script, random), _part(script, random)),))
    groups = [plain, (_part(script, random), _part(script, random))]
    if script.phonetic:
        pieces = script.phonetic
        groups.append(("".join(random.sample(pieces, 4)), "".join(random.sample(pieces, 4))))
    return Name(tuple(groups))


def _part(script: Script, random: Random) -> str:
    return "".join(random.sample(script.pieces, script.count)).capitalize()
