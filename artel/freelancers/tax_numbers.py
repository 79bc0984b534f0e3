"""Whether a tax number can be one: by its check digits where python-stdnum knows the document, by form alone else."""

import re
from importlib import import_module

from stdnum.eu import vat as eu_vat

# (country, document type) -> module of stdnum, or those of which one has to agree. A document that is not here has its
# published pattern alone.
CHECKED_BY = {
    ("AR", "CUIT / CUIL"): "ar.cuit",
    ("AT", "TIN"): "at.tin",
    ("AU", "ABN"): "au.abn",
    ("AU", "TFN"): "au.tfn",
    ("BE", "NN"): "be.nn",
    ("BG", "EGN"): "bg.egn",
    ("BG", "PNF"): "bg.pnf",
    ("BR", "CNPJ"): "br.cnpj",
    ("BR", "CPF"): "br.cpf",
    ("BY", "UNP"): "by.unp",
    ("CA", "BN"): "ca.bn",
    ("CA", "SIN"): "ca.sin",
    ("CL", "RUT"): "cl.rut",
    ("CN", "TAXID"): "cn.ric cn.uscc",
    ("CO", "NIT"): "co.nit",
    ("CR", "CI"): "cr.cpf",
    ("CR", "CJ"): "cr.cpj",
    ("CR", "CR"): "cr.cr",
    ("CY", "TIN"): "cy.vat",
    ("CZ", "DIC"): "cz.dic",
    ("CZ", "RC"): "cz.rc",
    ("DE", "IDNR"): "de.idnr",
    ("DE", "STNR"): "de.stnr",
    ("DK", "CPR"): "dk.cpr",
    ("DO", "CE"): "do.cedula",
    ("DO", "RN"): "do.rnc do.cedula",
    ("EC", "CI"): "ec.ci",
    ("EC", "RUC"): "ec.ruc",
    ("EE", "IK"): "ee.ik",
    ("ES", "DNI"): "es.dni",
    ("ES", "NIE"): "es.nie",
    ("FI", "HETU"): "fi.hetu",
    ("FR", "NIF"): "fr.nif",
    ("FR", "SIRET"): "fr.siret",
    ("GB", "UTR"): "gb.utr",
    ("GR", "AFM"): "gr.vat",
    ("HR", "OIB"): "hr.oib",
    ("IE", "PPSN"): "ie.pps",
    ("IN", "GSTIN"): "in_.gstin",
    ("IN", "PAN"): "in_.pan",
    ("IT", "CF"): "it.codicefiscale",
    ("IT", "PIVA"): "it.iva",
    ("LT", "AK"): "lt.asmens",
    ("LV", "PK"): "lv.pvn",
    ("NL", "BSN"): "nl.bsn",
    ("PE", "DNI"): "pe.cui",
    ("PE", "RUC"): "pe.ruc",
    ("PL", "NIP"): "pl.nip",
    ("PL", "PESEL"): "pl.pesel",
    ("PT", "NIF"): "pt.nif",
    ("PY", "RUC"): "py.ruc",
    ("RO", "CIF"): "ro.cf",
    ("RO", "CNP"): "ro.cnp",
    ("RU", "INN"): "ru.inn",
    ("SE", "PN"): "se.personnummer",
    ("SI", "TIN"): "si.ddv",
    ("SK", "RC"): "sk.rc",
    ("TR", "TCKN"): "tr.tckimlik",
    ("TR", "VKN"): "tr.vkn",
    ("UA", "RNOKPP"): "ua.rntrc",
    ("US", "EIN"): "us.ein",
    ("US", "ITIN"): "us.itin",
    ("US", "SSN"): "us.ssn",
    ("UY", "RUT"): "uy.rut",
}
RUSSIAN_REGISTRATION_NUMBER = re.compile(r"\d{13}(\d{2})?")
LONGEST_REGISTRATION_NUMBER = 50


def is_tax_number(country: str, document: str, pattern: str, number: str) -> bool:
    """Whether `number` has the document's published form and, where they are known, right check digits."""
    if len(number) > 50 or not re.fullmatch(pattern, number):
        return False
    modules = CHECKED_BY.get((country, document), "").split()
    return not modules or any(import_module(f"stdnum.{module}").is_valid(number) for module in modules)


def is_eu_vat_number(number: str) -> bool:
    return len(number) <= 20 and bool(eu_vat.is_valid(number))


def is_registration_number(country: str, number: str) -> bool:
    """Russia: an OGRN's 13 or an OGRNIP's 15 digits, without the check digit: the documents' own sample fails it."""
    if country == "RU":
        return RUSSIAN_REGISTRATION_NUMBER.fullmatch(number) is not None
    return len(number) <= LONGEST_REGISTRATION_NUMBER and number.isprintable()
