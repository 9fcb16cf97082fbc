"""Rare characters of names and places: printed as they are written, never left out without a word."""

import io

import pikepdf
import pytest
import typst

from concord.casework.papers import typeset
from tests.support.letters import FILES, FONTS, REQUEST, template_of, with_facts
from tests.support.pdf_text import text_of_pages

NAMES = "𠮷㛃䶮𬱖𫖯喆㐂"
# 通用规范汉字表 level 3 as far as it lies beyond the basic plane.
STANDARD = (
    "𠙶𬣙𨙸𬇕𬣞𬘓𫭟𫭢𫇭𫐄𫵷𣲘𣲗𬇙𬣡𫸩𨚕𫘜𬘘𫘝𦭜𬨂𬀩𬀪𬬩𫍣𬣳𬩽𬮿𬯀𫰛𬳵𬳶𫠊𬍛𬜬𦰡𪾢𪨰𫓧𬬮𬬱𬬭𦙶𬘡𬳽𬘩𫄧𪟝𬍤𫭼𬜯𬂩𫠆𨐈𬌗𫑡𪨶𬬸𬬻𬬹𬬿𬭁𫢸𫗧𬊈𬒈𨺙𬳿𫄨𬘫𫮃𬱖𬟽𫓯𫟹𫟼𠅤𬇹𬍡"
    "𬤇𫍯𬤊𫍲𬯎𬘬𬘭𬴂𫘦𫟅𬘯𫘧𪣻𡎚𬃊𬷕𫐐𬹼𧿹𫶇𫖮𬭊𨱇𫓶𬭎𫖯𬱟𫛭𫷷𬮱𬊤𣸣𬴃𫘨𤧛𬪩𬒔𬨎𫐓𫫇𫓹𬭚𬭛𬕂𬶋𬶍𦝼𫔶𫌀𫖳𫘪𫘬𫞩𡐓𪤗𣗋𬸘𬒗𥔲𫚖𨱏𬭤𫚕𬶐𬶏𩽾𬸚𬤝𬙂𬭩𩾃𬸣𫍽𬴊𬞟𥕢𫟦"
    "𬺈𫠜𪩘𬭬𨱑𬭯𫗴𬸦𫄷𤩽𬭳𬭶𫔍𬭸𨱔𬭼𫔎𬸪𬶟𬶠𬶨𦈡𫄸𬟁𥖨𦒍𬙊𬶭𩾌𨟠𬶮𨭉𬙋𤫉𬺓𫚭"
)
# What GB 18030-2022 asks of public services: the basic block and the extensions A to F, first and last of each.
BLOCKS = {
    "basic": (0x4E00, 0x9FEF),
    "A": (0x3400, 0x4DB5),
    "B": (0x20000, 0x2A6D6),
    "C": (0x2A700, 0x2B734),
    "D": (0x2B740, 0x2B81D),
    "E": (0x2B820, 0x2CEA1),
    "F": (0x2CEB0, 0x2EBE0),
}


def printed(text: str) -> str:
    made = typeset(with_facts(REQUEST, reason=text), template=template_of(REQUEST), fonts=FONTS)
    return "".join(text_of_pages(made.pdf))


def test_the_rare_characters_of_the_standard_table_are_all_there() -> None:
    assert len(set(STANDARD)) == 193
    assert set(STANDARD) <= set(printed(STANDARD))


@pytest.mark.parametrize("character", NAMES)
def test_a_rare_character_stands_where_it_was_written(character: str) -> None:
    assert f"店主王{character}某，" in printed(f"店主王{character}某，身份待核实。")


def test_a_rare_character_may_stand_in_a_title_and_in_bold() -> None:
    changed = with_facts(REQUEST, case_ref="𠮷野家某某案", reason="𠮷")
    made = typeset(changed, template=template_of(changed), fonts=FONTS)
    assert "“𠮷野家某某案”" in "".join(text_of_pages(made.pdf))
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        fonts = {str(obj.FontName) for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and "/FontName" in obj}
    assert any("HanaMinB" in name for name in fonts)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_stretch_of_the_extensions_can_be_printed(block: str) -> None:
    first, last = BLOCKS[block]
    sampled = "".join(chr(point) for point in {*range(first, last, 97), last})
    assert set(sampled) <= set(printed(sampled))


def test_the_letterhead_names_every_piece_of_the_rare_font() -> None:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    pieces = sorted(font.family for font in fonts.fonts() if font.family.startswith("HanaMinB"))
    assert pieces == [f"HanaMinB {at:02}" for at in range(1, len(pieces) + 1)]
    assert f"range(1, {len(pieces) + 1})" in FILES["cn/papers/lines.typ"]
