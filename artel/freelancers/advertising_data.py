"""What the law on labelling advertisements wants to know of a freelancer before they make one."""

import msgspec

from artel.advertising.task_contracts import UNDER_LAW
from artel.db.pool import Connection
from artel.db.rows import fetch_one

ENTREPRENEUR = 4  # taxation status


class _Facts(msgspec.Struct):
    is_advertising: bool
    country: str | None
    taxation_status: int
    phone: str | None
    has_inn: bool
    registration_number: str | None


async def lacking_for_advertising(conn: Connection, freelancer_id: int, task_id: int) -> list[str]:
    """What is to be given before this task: of `inn`, `ogrnip`, `phone`. Nothing where the task is no advertising.

    A resident of Russia needs the INN, an entrepreneur there the OGRNIP too, everybody a telephone
    (S, "Проверить наличие ограничений для принятия задачи в работу"). Advertising is a task with end contracts, and
    one whose service and company are under the law.
    """
    facts = await fetch_one(
        conn,
        _Facts,
        f"""
        SELECT
            ({UNDER_LAW}) OR EXISTS (SELECT FROM task_contract AS tc WHERE tc.task_id = t.id) AS is_advertising,
            p.country, f.taxation_status, p.phone, tax.registration_number,
            tax.residence_country IS NOT DISTINCT FROM 'RU' AND tax.type IS NOT DISTINCT FROM 'INN' AS has_inn
        FROM task AS t
        JOIN service AS s ON s.id = t.service_id
        JOIN company AS co ON co.id = t.company_id
        JOIN freelancer AS f ON f.person_id = %(freelancer)s
        JOIN person AS p ON p.id = f.person_id
        LEFT JOIN tax_info AS tax ON tax.person_id = f.person_id
        WHERE t.id = %(task)s
        """,  # noqa: S608 - of constants
        {"freelancer": freelancer_id, "task": task_id},
    )
    if facts is None or not facts.is_advertising:
        return []
    lacking = []
    if facts.country == "RU" and not facts.has_inn:
        lacking.append("inn")
    if facts.country == "RU" and facts.taxation_status == ENTREPRENEUR and not facts.registration_number:
        lacking.append("ogrnip")
    if not facts.phone:
        lacking.append("phone")
    return lacking
