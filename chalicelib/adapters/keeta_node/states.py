"""How does a node tell the state of an account, a permission, a representative?"""

from chalicelib.adapters.keeta_node.answers import Answer
from chalicelib.keeta.account import Account
from chalicelib.keeta.acl import Grant
from chalicelib.settlement.errors import MalformedAnswer
from chalicelib.settlement.told import AccountInfo, AccountState, RepresentativeInfo


def account_state(answer: Answer, account: Account) -> AccountState:
    """Raises MalformedAnswer, also for another account; Refused for one it can not read."""
    answer.raise_if_refused()
    if answer["account"].account() != account:
        raise MalformedAnswer("the state of another account")
    head = answer.maybe("currentHeadBlock")
    height = answer.maybe("currentHeadBlockHeight")
    representative = answer.maybe("representative")
    return AccountState(
        account=account,
        head=head.hash() if head else None,
        height=height.number() if height else None,
        representative=representative.account() if representative else None,
        balances=_balances(answer["balances"]),
        info=_info(answer["info"]),
    )


def grant(row: Answer) -> Grant:
    """A row without a target is about the whole entity."""
    entity, target = row["entity"].account(), row.maybe("target")
    return Grant(
        principal=row["principal"].account(),
        entity=entity,
        target=target.account() if target else entity,
        permissions=row["permissions"].permissions(),
    )


def representative_info(row: Answer) -> RepresentativeInfo:
    endpoints = row.maybe("endpoints")
    api = endpoints.maybe("api") if endpoints else None
    account, weight = row["representative"].account(), row["weight"].number()
    return RepresentativeInfo(account, weight, api.text() if api else None)


def _balances(rows: Answer) -> tuple[tuple[Account, int], ...]:
    found = {row["token"].account(): row["balance"].number() for row in rows.many()}
    if len(found) < len(rows.many()):
        raise MalformedAnswer("two balances of one token")
    return tuple(sorted(found.items(), key=lambda pair: pair[0].ktk))


def _info(answer: Answer) -> AccountInfo:
    supply, quorum = answer.maybe("supply"), answer.maybe("multisigQuorum")
    default = answer.maybe("defaultPermission")
    return AccountInfo(
        name=answer["name"].text(),
        description=answer["description"].text(),
        metadata=answer["metadata"].text(),
        supply=supply.number() if supply else None,
        default=default.permissions() if default else None,
        quorum=quorum.number() if quorum else None,
    )
