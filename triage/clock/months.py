"""Month names in the languages that servers speak.

Syslog, `dmesg -T` and `journalctl` write months in the language of the machine. The abbreviations
are those of glibc's `abmon` and of CLDR, with and without the dot; a digit and 月 or 월 is read as
such. Weekdays are never needed: a date says which one it is. No abbreviation below means another
month in another of these languages.
"""

# ruff: noqa: RUF001 - Cyrillic and Turkish names are spelled with their own letters

from __future__ import annotations

_NAMES: tuple[tuple[str, ...], ...] = (
    # Germanic, Romance, Finnish, Slavic, Turkish and Hungarian names, in no order
    (
        "jan january januar janv janvier ene enero gen gennaio janeiro januari jän jänner",
        "tammi tammikuu sty stycznia styczeń led ledna leden oca ocak ian ianuarie január",
        "янв января січ",
    ),
    (
        "feb february februar févr fév fevr février febrero febbraio fev fevereiro februari",
        "helmi helmikuu lut lutego luty úno února únor şub şubat februarie febr február",
        "фев февр февраля лют",
    ),
    (
        "mar march mär märz mrz mars marzo março maart mrt maalis maaliskuu marca marzec",
        "bře března březen mart martie márc március мар марта бер",
    ),
    (
        "apr april avr avril abr abril aprile huhti huhtikuu kwi kwietnia kwiecień dub dubna",
        "duben nis nisan aprilie ápr április апр апреля кві",
    ),
    (
        "may mai mayo mag maggio maio mei maj touko toukokuu maja kvě května květen mayıs",
        "máj május май мая тра",
    ),
    (
        "jun june juni juin junio giu giugno junho kesä kesäkuu cze czerwca czerwiec čen června",
        "červen haz haziran iun iunie jún június июн июня чер",
    ),
    (
        "jul july juli juil juillet julio lug luglio julho heinä heinäkuu lip lipca lipiec",
        "čec července červenec tem temmuz iul iulie júl július июл июля лип",
    ),
    (
        "aug august août aou aout ago agosto agosto augustus augusti elo elokuu sie sierpnia",
        "sierpień srp srpna srpen ağu ağustos авг августа сер",
    ),
    (
        "sep sept september septembre septiembre set settembre setembro syys syyskuu wrz",
        "września wrzesień zář září eyl eylül septembrie szept szeptember сен сент сентября вер",
    ),
    (
        "oct october okt oktober octobre octubre ott ottobre out outubro loka lokakuu paź",
        "października październik říj října říjen eki ekim octombrie október окт октября жов",
    ),
    (
        "nov november novembre noviembre novembro marras marraskuu lis listopada listopad",
        "listopadu kas kasım noi noiembrie ноя нояб ноября лис",
    ),
    (
        "dec december dez dezember déc décembre dic diciembre dicembre dezembro des desember",
        "joulu joulukuu gru grudnia grudzień pro prosince prosinec ara aralık decembrie дек",
        "декабря гру",
    ),
)

MONTHS: dict[str, int] = {
    name: number
    for number, rows in enumerate(_NAMES, start=1)
    for row in rows
    for name in row.split()
}
"""Month name in lower case, without a dot, to 1..12."""

_UNITS = "月월"


def month_number(word: str) -> int | None:
    """`May`, `kwi`, `jan.`, `11月` as 1..12; None for a word that is no month."""
    number = MONTHS.get(word) or MONTHS.get(word.lower().rstrip("."))
    if number is None and word[-1:] in _UNITS and word[:-1].isdecimal():
        number = int(word[:-1])
    return number if number is not None and 1 <= number <= len(_NAMES) else None
