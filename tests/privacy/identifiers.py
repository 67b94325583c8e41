"""Identifiers made up, with the check digits that real ones have."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import iban as iban_check
from stdnum import luhn
from stdnum.ar import cbu as cbu_check
from stdnum.ar import cuit as cuit_check
from stdnum.br import cnpj as cnpj_check
from stdnum.br import cpf as cpf_check
from stdnum.cl import rut as rut_check
from stdnum.mx import curp as curp_check
from stdnum.mx import rfc as rfc_check
from stdnum.pe import ruc as ruc_check
from stdnum.us import ssn as ssn_check

from assistant.privacy import Kind

Make = Callable[[random.Random], str]


def rng(seed: int) -> random.Random:
    """Chance that can be repeated."""
    return random.Random(seed)  # noqa: S311  # made-up identifiers, not secrets


def digits(r: random.Random, count: int) -> str:
    """A run of random digits that does not begin with zero."""
    return str(r.randint(1, 9)) + "".join(r.choices(string.digits, k=count - 1))


def letters(r: random.Random, count: int) -> str:
    """Random capital letters."""
    return "".join(r.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=count))


def pattern(r: random.Random, *shapes: str) -> str:
    """One of the shapes with a digit for each 9 and a capital for each A."""
    shape = r.choice(shapes)
    return "".join(digits(r, 1) if c == "9" else letters(r, 1) if c == "A" else c for c in shape)


def birth(r: random.Random) -> str:
    """Six digits of a date: year, month, day."""
    return f"{r.randint(40, 99)}{r.randint(1, 12):02}{r.randint(1, 28):02}"


def cpf(r: random.Random) -> str:
    """A Brazilian taxpayer number, with or without its marks."""
    while True:
        base = digits(r, 9)
        for last in range(100):
            number = f"{base}{last:02}"
            if cpf_check.is_valid(number):
                return r.choice([number, f"{base[:3]}.{base[3:6]}.{base[6:]}-{last:02}", f"{base}-{last:02}"])


def cnpj(r: random.Random) -> str:
    """A Brazilian company number, with or without its marks."""
    base = digits(r, 8) + "0001"
    number = base + cnpj_check.calc_check_digits(base)
    marked = f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"
    return r.choice([number, marked, marked])


def rg(r: random.Random) -> str:
    """A Brazilian identity card number."""
    return pattern(r, "99.999.999-9", "9.999.999", "99.999.999-X", "999999999", "99999999")


def cns(r: random.Random) -> str:
    """A Brazilian health card number."""
    while True:
        number = r.choice("78") + digits(r, 14)
        if sum(int(d) * (15 - i) for i, d in enumerate(number)) % 11 == 0:
            return r.choice([number, f"{number[:3]} {number[3:7]} {number[7:11]} {number[11:]}"])


def curp(r: random.Random) -> str:
    """A Mexican population registry key."""
    while True:
        state = r.choice(["DF", "JC", "NL", "PL", "VZ", "OC"])
        head = f"{letters(r, 1)}{r.choice('AEIOU')}{letters(r, 2)}{birth(r)}{r.choice('HM')}{state}"
        head += "".join(r.choices("BCDFGLMNPRST", k=3)) + r.choice(string.digits)
        number = head + curp_check.calc_check_digit(head)
        if curp_check.is_valid(number):
            return number


def rfc(r: random.Random) -> str:
    """A Mexican taxpayer key of a person or a company."""
    while True:
        head = f"{letters(r, 1)}{r.choice('AEIOU')}{letters(r, r.choice([1, 2]))}"
        number = head + birth(r) + letters(r, 1) + digits(r, 1)
        number += rfc_check.calc_check_digit(number)
        if rfc_check.is_valid(number):
            return r.choice([number, number, f"{number[:-9]}-{number[-9:-3]}-{number[-3:]}"])


def dni_ar(r: random.Random) -> str:
    """An Argentine identity number."""
    number = f"{r.randint(5, 58)}{r.randint(0, 999_999):06}"
    return r.choice([number, f"{int(number):,}".replace(",", ".")])


def cuit(r: random.Random) -> str:
    """An Argentine taxpayer number."""
    while True:
        base = r.choice(["20", "23", "24", "27", "30", "33"]) + digits(r, 8)
        number = base + cuit_check.calc_check_digit(base)
        if cuit_check.is_valid(number):
            return r.choice([number, f"{number[:2]}-{number[2:10]}-{number[10]}"])


def rut(r: random.Random) -> str:
    """A Chilean identity number."""
    base = str(r.randint(4_000_000, 26_000_000))
    check = rut_check.calc_check_digit(base)
    return r.choice(
        [f"{int(base):,}".replace(",", ".") + f"-{check}", f"{base}-{check}", f"{base}-{check.lower()}"]
    )


def cedula_co(r: random.Random) -> str:
    """A Colombian identity number, old or new."""
    number = r.choice([r.randint(3_000_000, 99_999_999), r.randint(1_000_000_000, 1_199_999_999)])
    return r.choice([str(number), f"{number:,}".replace(",", ".")])


def dni_pe(r: random.Random) -> str:
    """A Peruvian identity number."""
    return r.choice(["0", "1", "4", "7"]) + digits(r, 7)


def ruc(r: random.Random) -> str:
    """A Peruvian taxpayer number."""
    base = r.choice(["10", "15", "17", "20"]) + digits(r, 8)
    return base + ruc_check.calc_check_digit(base)


def ssn(r: random.Random) -> str:
    """A social security number of the United States."""
    while True:
        number = f"{r.randint(1, 899):03}-{r.randint(1, 99):02}-{r.randint(1, 9999):04}"
        if ssn_check.is_valid(number):
            return number


def pis(r: random.Random) -> str:
    """A Brazilian social programme number."""
    return pattern(r, "19999999999", "199.99999.99-9")


def voter(r: random.Random) -> str:
    """A Mexican elector's key."""
    return f"{letters(r, 6)}{birth(r)}{r.randint(1, 32):02}{r.choice('HM')}{digits(r, 3)}"


def card(r: random.Random) -> str:
    """A payment card number."""
    head, length = r.choice(
        [("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("37", 15), ("6011", 16), ("6062", 16)]
    )
    number = head + digits(r, length - len(head) - 1)
    number += luhn.calc_check_digit(number)
    if length == 15:
        return r.choice([number, f"{number[:4]} {number[4:10]} {number[10:]}"])
    groups = [number[i : i + 4] for i in range(0, 16, 4)]
    return r.choice([number, " ".join(groups), "-".join(groups)])


def iban(r: random.Random) -> str:
    """An international bank account number."""
    body = r.choice(
        [
            ("DE", digits(r, 18)),
            ("CR", "0" + digits(r, 17)),
            ("BR", digits(r, 23) + "P1"),
            ("DO", letters(r, 4) + digits(r, 20)),
            ("GT", letters(r, 4) + digits(r, 20)),
        ]
    )
    number = body[0] + iban_check.calc_check_digits(f"{body[0]}00{body[1]}") + body[1]
    assert iban_check.is_valid(number), number
    return r.choice([number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))])


def account(r: random.Random) -> str:
    """A bank account as a bank prints it."""
    return pattern(
        r, "99999-9", "0999999999", "999-999999-99", "9999999999", "99999999-9", "0999-9999-99-9999999999"
    )


def clabe(r: random.Random) -> str:
    """A Mexican interbank key."""
    base = "0" + digits(r, 16)
    total = sum(int(d) * w % 10 for d, w in zip(base, (3, 7, 1) * 6, strict=False))
    return base + str(-total % 10)


def cbu(r: random.Random) -> str:
    """An Argentine interbank key."""
    bank, holder = "0" + digits(r, 6), digits(r, 13)
    return bank + cbu_check.calc_check_digit(bank) + holder + cbu_check.calc_check_digit(holder)


def plate(r: random.Random) -> str:
    """A vehicle plate of some country of the Americas."""
    shapes = (
        "AAA9A99",
        "AAA-9999",
        "AA 999 AA",
        "AA999AA",
        "AAA 999",
        "AAA-999",
        "AAA-99-99",
        "9AAA999",
        "AAAA-99",
        "AAAA99",
    )
    return pattern(r, *shapes)


def passport(r: random.Random) -> str:
    """A passport number of some country of the Americas."""
    return pattern(r, "A99999999", "AA999999", "AAA999999", "999999999", "AA 999999")


def birth_date(r: random.Random, months: str, *forms: str) -> str:
    """A date of birth in figures or in words."""
    day, month, year = r.randint(1, 28), r.randint(1, 12), r.randint(1930, 2018)
    name = months.split()[month - 1]
    return r.choice(forms).format(d=day, m=month, y=year, yy=year % 100, name=name)


def birth_en(r: random.Random) -> str:
    """A date of birth in English."""
    months = "January February March April May June July August September October November December"
    return birth_date(
        r,
        months,
        "{m:02}/{d:02}/{y}",
        "{y}-{m:02}-{d:02}",
        "{name} {d}, {y}",
        "{d} {name} {y}",
        "{m}/{d}/{yy:02}",
    )


def birth_es(r: random.Random) -> str:
    """A date of birth in Spanish."""
    months = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    return birth_date(
        r, months, "{d:02}/{m:02}/{y}", "{d} de {name} de {y}", "{d:02}-{m:02}-{y}", "{d} de {name} del {y}"
    )


def birth_pt(r: random.Random) -> str:
    """A date of birth in Portuguese."""
    months = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
    return birth_date(
        r, months, "{d:02}/{m:02}/{y}", "{d} de {name} de {y}", "{d:02}.{m:02}.{y}", "{d:02}/{m:02}/{yy:02}"
    )


def ip(r: random.Random) -> str:
    """An internet address of either version."""
    four = ".".join(str(r.randint(11, 254)) for _ in range(4))
    six = ":".join(f"{r.randint(4096, 65535):x}" for _ in range(8))
    return r.choice(
        [four, four, f"192.168.{r.randint(0, 9)}.{r.randint(1, 254)}", f"2001:db8::{six[:9]}", six]
    )


def gps(r: random.Random) -> str:
    """A point of the Americas to ten metres or better."""
    places = r.choice([4, 5, 6])
    lat, lon = r.uniform(-40, 45), r.uniform(-120, -35)
    point = f"{lat:.{places}f}", f"{lon:.{places}f}"
    comma = point[0].replace(".", ","), point[1].replace(".", ",")
    return r.choice([", ".join(point), ",".join(point), "; ".join(comma), f"lat {point[0]}, lon {point[1]}"])


def email(r: random.Random) -> str:
    """An e-mail address."""
    name = r.choice(["ana", "joao.prado", "maria_jose", "c-rojas", "l.nuñez", "obras+sur", "j.o'neill"])
    host = r.choice(
        ["gmail.com", "alcaldia.gob.mx", "prefeitura.sp.gov.br", "city.gov", "yahoo.com.ar", "mail.co"]
    )
    return f"{name}{r.choice(['', str(r.randint(1, 99))])}@{host}"


REGIONS = [*("US", "CA", "MX", "GT", "SV", "HN", "NI", "CR", "PA", "CU", "DO", "PR", "JM", "HT", "CO", "VE")]
REGIONS += ["EC", "PE", "BO", "BR", "PY", "UY", "AR", "CL", "GY", "SR", "BZ", "TT"]


def phone(r: random.Random) -> str:
    """A number in use somewhere in the Americas, written as its country, or as the world, writes it."""
    while True:
        region = r.choice(REGIONS)
        kind = r.choice([PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        national = str(example.national_number)
        example.national_number = int(national[:-4] + "".join(r.choices(string.digits, k=4)))
        if phonenumbers.is_valid_number(example):
            form = r.choice(
                [PhoneNumberFormat.NATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL]
            )
            form = r.choice([form, form, PhoneNumberFormat.E164])
            extension = r.choice(["", "", "", " ext. 12", " ramal 305", " x9"])
            return phonenumbers.format_number(example, form) + extension


def phone_alone(r: random.Random) -> str:
    """A number that needs no word beside it: with its area, its country or the usual dashes."""
    while True:
        number = phone(r)
        if number.startswith("+") or sum(c.isdigit() for c in number) >= 10:
            return number


IDS: dict[str, tuple[Make, Kind]] = {
    "cpf": (cpf, "tax id"),
    "cnpj": (cnpj, "tax id"),
    "rg": (rg, "national id"),
    "cns": (cns, "health id"),
    "curp": (curp, "national id"),
    "rfc": (rfc, "tax id"),
    "dni_ar": (dni_ar, "national id"),
    "cuit": (cuit, "tax id"),
    "rut": (rut, "national id"),
    "cedula_co": (cedula_co, "national id"),
    "dni_pe": (dni_pe, "national id"),
    "ruc": (ruc, "tax id"),
    "ssn": (ssn, "social security"),
    "pis": (pis, "social security"),
    "voter": (voter, "voter id"),
    "card": (card, "card number"),
    "iban": (iban, "bank account"),
    "account": (account, "bank account"),
    "clabe": (clabe, "bank account"),
    "cbu": (cbu, "bank account"),
    "plate": (plate, "vehicle plate"),
    "passport": (passport, "passport"),
    "birth_en": (birth_en, "birth date"),
    "birth_es": (birth_es, "birth date"),
    "birth_pt": (birth_pt, "birth date"),
    "ip": (ip, "ip address"),
    "gps": (gps, "gps point"),
}
CONTACTS: dict[str, tuple[Make, Kind]] = {
    "email": (email, "email"),
    "phone": (phone, "phone"),
    "phone_alone": (phone_alone, "phone"),
}
