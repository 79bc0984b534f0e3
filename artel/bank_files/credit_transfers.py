"""Lines into an ISO 20022 customer credit transfer initiation, pain.001.001.09. Pure: the same lines, the same bytes.

One payment information block a currency, execution date and scheme: in a block banks take one service level.
SEPA credit transfers, by the EPC's implementation guidelines: service level SEPA, charges SLEV. Others: the bank's BIC,
the payee's address in its structured parts, charges shared.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from pyiso20022.pain.pain_001_001_09 import (
    AccountIdentification4Choice,
    ActiveOrHistoricCurrencyAndAmount,
    AmountType4Choice,
    BranchAndFinancialInstitutionIdentification6,
    CashAccount38,
    ChargeBearerType1Code,
    CreditTransferTransaction34,
    CustomerCreditTransferInitiationV09,
    DateAndDateTime2Choice,
    Document,
    FinancialInstitutionIdentification18,
    GenericAccountIdentification1,
    GroupHeader85,
    PartyIdentification135,
    PaymentIdentification6,
    PaymentInstruction30,
    PaymentMethod3Code,
    PaymentTypeInformation26,
    PostalAddress24,
    RemittanceInformation16,
    ServiceLevel8Choice,
)
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.models.datatype import XmlDate, XmlDateTime

from artel.bank_files.accounts import BankAccount
from artel.bank_files.lines import FileRow, Line, groups_of
from artel.bank_files.texts import latin

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LONGEST_NAME = 70
LONGEST_REMITTANCE = 140


def write_credit_transfers(file: FileRow, lines: Sequence[Line], accounts: Mapping[int, BankAccount]) -> bytes:
    """The whole file. Every line's account is in `accounts`, and all of them at one bank."""
    initiator = accounts[lines[0].account_id]
    initiation = CustomerCreditTransferInitiationV09(
        grp_hdr=GroupHeader85(
            msg_id=file.message_id,
            cre_dt_tm=instant(file.created_at),
            nb_of_txs=str(len(lines)),
            ctrl_sum=control_sum(lines),
            initg_pty=PartyIdentification135(nm=latin(initiator.holder, LONGEST_NAME)),
        ),
        pmt_inf=[payment(payment_id, group, accounts) for payment_id, group in groups_of(lines)],
    )
    serializer = XmlSerializer(config=SerializerConfig(indent="  "))
    text: str = serializer.render(Document(cstmr_cdt_trf_initn=initiation), ns_map={None: NAMESPACE})
    return text.encode()


def payment(payment_id: str, lines: Sequence[Line], accounts: Mapping[int, BankAccount]) -> PaymentInstruction30:
    """The lines of one account, date and scheme."""
    account = accounts[lines[0].account_id]
    is_sepa = lines[0].scheme == "sepa"
    return PaymentInstruction30(
        pmt_inf_id=payment_id,
        pmt_mtd=PaymentMethod3Code.TRF,
        nb_of_txs=str(len(lines)),
        ctrl_sum=control_sum(lines),
        pmt_tp_inf=PaymentTypeInformation26(svc_lvl=[ServiceLevel8Choice(cd="SEPA")]) if is_sepa else None,
        reqd_exctn_dt=DateAndDateTime2Choice(dt=day(lines[0].execution_date)),
        dbtr=PartyIdentification135(
            nm=latin(account.holder, LONGEST_NAME),
            pstl_adr=address(account.street, account.postcode, account.town, account.country),
        ),
        dbtr_acct=CashAccount38(id=account_number(account.number), ccy=account.currency),
        dbtr_agt=bank(account.bic),
        chrg_br=ChargeBearerType1Code.SLEV if is_sepa else ChargeBearerType1Code.SHAR,
        cdt_trf_tx_inf=[transfer(line) for line in lines],
    )


def transfer(line: Line) -> CreditTransferTransaction34:
    place = line.bank
    return CreditTransferTransaction34(
        pmt_id=PaymentIdentification6(instr_id=line.end_to_end_id, end_to_end_id=line.end_to_end_id),
        amt=AmountType4Choice(
            instd_amt=ActiveOrHistoricCurrencyAndAmount(
                value=line.amount.quantize(Decimal(1).scaleb(-line.exponent)), ccy=line.currency
            )
        ),
        cdtr_agt=bank(place["bic"]) if "bic" in place else None,
        cdtr=PartyIdentification135(
            nm=latin(line.holder, LONGEST_NAME),
            pstl_adr=address(place.get("street"), place.get("postcode"), place.get("town"), place.get("country")),
        ),
        cdtr_acct=CashAccount38(id=account_number(line.number)),
        rmt_inf=RemittanceInformation16(ustrd=[latin(f"Payout {line.end_to_end_id}", LONGEST_REMITTANCE)]),
    )


def account_number(number: str) -> AccountIdentification4Choice:
    try:
        return AccountIdentification4Choice(iban=str(IBAN(number)))
    except SchwiftyException:  # of a country that has none
        return AccountIdentification4Choice(othr=GenericAccountIdentification1(id=number))


def bank(bic: str | None) -> BranchAndFinancialInstitutionIdentification6:
    return BranchAndFinancialInstitutionIdentification6(fin_instn_id=FinancialInstitutionIdentification18(bicfi=bic))


def address(street: str | None, postcode: str | None, town: str | None, country: str | None) -> PostalAddress24 | None:
    """None where nothing is known: an element with nothing in it is refused."""
    if not (street or postcode or town or country):
        return None
    return PostalAddress24(
        strt_nm=latin(street, 70) if street else None,
        pst_cd=latin(postcode, 16) if postcode else None,
        twn_nm=latin(town, 35) if town else None,
        ctry=country,
    )


def control_sum(lines: Sequence[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def instant(at: datetime) -> XmlDateTime:
    at = at.astimezone(UTC)
    return XmlDateTime(at.year, at.month, at.day, at.hour, at.minute, at.second, 0, 0)


def day(on: date) -> XmlDate:
    return XmlDate(on.year, on.month, on.day)
