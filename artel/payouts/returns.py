"""Money that had arrived and comes back: the receiving bank closed the account, refused the name, …"""

from datetime import datetime
from decimal import Decimal

from artel.db.pool import Connection
from artel.ledger import rules as ledger
from artel.payouts.errors import PayoutFinished, ReturnedAmountWrong
from artel.payouts.money import Share, homecoming
from artel.payouts.steps import RETURNS, Status, lock_payout, money_transfer, note_step
from artel.tasks.payout_mark import mark_payout


async def return_payout(
    conn: Connection, payout_id: int, *, amount: Decimal, reason: str | None = None, now: datetime
) -> None:
    """Put what a payout had delivered back on the freelancer's balance; the payout is declined from here, and its
    task can be paid out again.

    `amount`, in the currency the rail was given, has to be all that had been completed: where a bank kept a fee for
    itself, people decide who bears it. Refuses: NotFound; PayoutFinished for one that nothing was completed of;
    ReturnedAmountWrong.
    """
    row = await lock_payout(conn, payout_id)
    if row.status not in RETURNS:
        raise PayoutFinished
    if amount != row.completed_amount:
        raise ReturnedAmountWrong(row.completed_amount)
    came_home = homecoming(row.sums, Share(row.completed_amount, row.returned_amount))
    await conn.execute(
        """
        UPDATE payout
        SET status = %(declined)s, completed_amount = 0, returned_amount = amount, finished_at = %(now)s,
            reason = %(reason)s
        WHERE id = %(id)s
        """,
        {"id": row.id, "declined": Status.DECLINED, "now": now, "reason": reason},
    )
    await mark_payout(conn, row.task_id, has_payout=False)
    await ledger.post(conn, money_transfer(row, "returned", came_home, actor_id=None, now=now))
    await note_step(conn, row, Status(row.status), Status.DECLINED, actor_id=None, reason=reason, now=now)
