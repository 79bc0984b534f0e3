"""Why a bank declines or returns a payment, in words (ISO 20022 external codes, status and return reasons)."""

TEXTS = {
    "AC01": "the account number is wrong",
    "AC03": "the payee's account number is wrong",
    "AC04": "the account is closed",
    "AC06": "the account is blocked",
    "AC13": "the account is of a kind that cannot be paid to",
    "AG01": "the account does not take credit transfers",
    "AG02": "the kind of transaction is wrong",
    "AM01": "the amount is zero",
    "AM02": "the amount is over what is allowed",
    "AM03": "the currency cannot be processed",
    "AM04": "the balance of the paying account is short",
    "AM05": "the bank takes it for a duplicate",
    "AM09": "the amount is not what was agreed",
    "BE01": "name and account do not belong together",
    "BE04": "the payee's address is missing",
    "BE05": "the bank does not know who ordered it",
    "BE06": "the payee is not known at that bank",
    "BE07": "the payer's address is missing",
    "CNOR": "the payee's bank is not registered under this BIC",
    "CURR": "the currency is wrong",
    "CUST": "the payee asked for it",
    "DNOR": "the paying bank is not registered under this BIC",
    "DT01": "the date is wrong",
    "DUPL": "the bank takes it for a duplicate",
    "ED05": "settlement failed",
    "FF01": "the file's format is wrong",
    "FOCR": "after a request to cancel it",
    "FR01": "suspicion of fraud",
    "MD07": "the payee has died",
    "MS02": "the payee gave no reason",
    "MS03": "the bank gave no reason",
    "NARR": "see the bank's own words",
    "NOAS": "the payee did not answer",
    "RC01": "the BIC is wrong",
    "RC04": "the payee's bank is wrong",
    "RC07": "the payee's BIC is wrong",
    "RF01": "the reference is not unique",
    "RR01": "by regulation: the payer's account is missing",
    "RR02": "by regulation: the payer's name or address is missing",
    "RR03": "by regulation: the payee's name or address is missing",
    "RR04": "by regulation",
    "TM01": "it came after the bank's closing time",
}
LONGEST = 300


def reason_text(code: str | None, own_words: list[str]) -> str | None:
    """The code, what it means, and what the bank adds. None where it gave no reason."""
    parts = []
    if code:
        parts.append(f"{code}: {TEXTS[code]}" if code in TEXTS else code)
    said = " ".join(" ".join(own_words).split())
    if said:
        parts.append(said)
    return "; ".join(parts)[:LONGEST] or None
