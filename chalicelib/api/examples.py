"""What does each request and answer look like, for somebody who reads the description?

A day of two traders: Alice bids for 100 KTA, Bob sells her 30 of them.
"""

from typing import Any

from pydantic import BaseModel

from chalicelib import listing
from chalicelib.api.account import BalancesAnswer, FillsAnswer, LedgerAnswer, PreventedMatchesAnswer
from chalicelib.api.address_book import (
    AddAddressRequest,
    AddressBookAnswer,
    OnlyListedRequest,
    RemoveAddressRequest,
    SignedRequest,
)
from chalicelib.api.amend import ReduceRequest, ReplaceRequest
from chalicelib.api.auth import (
    ChallengeAnswer,
    ChallengeRequest,
    Done,
    VerifyAnswer,
    VerifyRequest,
)
from chalicelib.api.batch import BatchAnswer, BatchRequest
from chalicelib.api.cancel import CancelAllAnswer, CancelAllRequest, CancelRequest
from chalicelib.api.cancel_all_after import (
    CancelAllAfterAnswer,
    CancelAllAfterRequest,
    CancelAllAfterState,
)
from chalicelib.api.deposits import AddressAnswer, DepositsAnswer
from chalicelib.api.fees import FeesAnswer
from chalicelib.api.health import HealthAnswer
from chalicelib.api.markets import BookAnswer, MarketsAnswer, TradesAnswer
from chalicelib.api.order_answer import OrderAnswer
from chalicelib.api.orders import OpenOrdersAnswer, OrdersAnswer
from chalicelib.api.place import PlaceRequest
from chalicelib.api.withdrawals import (
    CancelWithdrawalRequest,
    WithdrawalAnswer,
    WithdrawalsAnswer,
    WithdrawRequest,
)
from chalicelib.flows import schema
from chalicelib.ids import MarketId, UserId
from chalicelib.keeta.moment import iso

REQUEST_ID = "1a7c5a2e-9a3b-4d0e-8f26-0d6f1b2c3d4e"
_ALICE = "keeta_aglioylsyzovg5sobtvpmm7x4rc67tmbf7d3ijmypbugebfu2c5ykxwrdn77m"
_NONCE = "7b0d5a3e-6b1c-4f0f-9a53-0d6c1a1f6f2e"
_ORDER_ID = "k5xq2m7bw3f6zjhr4tn2uavc5e"
_TIME = "2026-01-31T12:00:00.000Z"
_LATER_MS = 1_769_861_100_000
_LATER = iso(_LATER_MS)

PATH_EXAMPLES = {"market": "KTA-USDT", "id": _ORDER_ID, "client_order_id": "morning-1"}

_ORDER = {
    "id": _ORDER_ID,
    "client_order_id": "morning-1",
    "market": "KTA/USDT",
    "type": "limit",
    "side": "buy",
    "price": "0.5",
    "quantity": "100",
    "funds": None,
    "tif": "gtc",
    "expires_at": None,
    "stop": None,
    "stop_price": None,
    "self_trade": "cn",
    "maker_fee": "0.001",
    "taker_fee": "0.002",
    "status": "partially_filled",
    "reason": None,
    "filled_quantity": "30",
    "remaining_quantity": "70",
    "filled_notional": "15",
    "fee": "0.03",
    "fee_token": "KTA",
    "replace": None,
    "created_at": _TIME,
    "updated_at": _LATER,
}
_FILL = {
    "trade_id": 1,
    "order_id": _ORDER_ID,
    "market": "KTA/USDT",
    "side": "buy",
    "role": "maker",
    "price": "0.5",
    "quantity": "30",
    "notional": "15",
    "fee": "0.03",
    "fee_token": "KTA",
    "time": _LATER,
}
_ENTRY = {
    "id": schema.fill_entry(UserId(_ALICE), _LATER_MS, MarketId("KTA/USDT"), 2, 0).sk,
    "kind": "fill",
    "time": _LATER,
    "changes": [{"token": "KTA", "amount": "29.97"}, {"token": "USDT", "amount": "-15"}],
    "market": "KTA/USDT",
    "order_id": _ORDER_ID,
    "trade_id": 1,
    "source": None,
    "withdrawal_id": None,
    "block": None,
}
_PREVENTED = {
    "market": "KTA/USDT",
    "maker_order_id": _ORDER_ID,
    "taker_order_id": "n3f6zjhr4tn2uavc5ek5xq2m7b",
    "taker_side": "sell",
    "price": "0.5",
    "quantity": "10",
    "self_trade": "dc",
    "time": _LATER,
}
_TIERS = [
    {"volume": "0", "maker_fee": "0.001", "taker_fee": "0.002"},
    {"volume": "100000", "maker_fee": "0.0008", "taker_fee": "0.0016"},
]
_MARKET = {
    "market": "KTA/USDT",
    "base": "KTA",
    "quote": "USDT",
    "tick": "0.0001",
    "lot": "0.01",
    "minimum_notional": "1",
    "maker_fee": "0.001",
    "taker_fee": "0.002",
    "tiers": _TIERS,
    "mode": "open",
    "last_price": "0.5",
    "band": "0.5",
    "collar": "0.05",
    "limits": {"open_orders": 500, "batch_commands": 20, "expires_days": 366},
}
_TRADE = {
    "trade_id": 1,
    "price": "0.5",
    "quantity": "30",
    "notional": "15",
    "taker_side": "sell",
    "time": _LATER,
}

_BLOCK = "8F3C1E5B6D7A90214C55E2F07B9DA1C36E48F5027D1B93AC60F2E7815D4BA9C3"
_WITHDRAWAL = {
    "id": _ORDER_ID,
    "client_id": "rent-7",
    "token": "KTA",
    "amount": "10",
    "network_fee": "0",
    "to": _ALICE,
    "status": "completed",
    "state": "landed",
    "reason": None,
    "block": _BLOCK,
    "created_at": _TIME,
    "updated_at": _LATER,
}

EXAMPLES: dict[type[BaseModel], Any] = {
    ChallengeRequest: {"pubkey": _ALICE},
    ChallengeAnswer: {
        "nonce": _NONCE,
        "timestamp": _TIME,
        "items": ["exchange.example", "LOGIN", _NONCE, "main"],
        "message": "MIGhDCQ3YjBkNWEzZS02YjFjLTRmMGYtOWE1My0wZDZjMWExZjZmMmU=",
        "expires_at": _LATER,
    },
    VerifyRequest: {"pubkey": _ALICE, "signature": "A" * 85 + "Q=="},
    VerifyAnswer: {"user_id": _ALICE, "jwt": "eyJhbGciOi...", "expires_at": "2026-02-01T00:00:00.000Z"},
    Done: {"status": "ok"},
    BalancesAnswer: [
        {"token": "KTA", "available": "29.97", "held": "0", "total": "29.97"},
        {"token": "USDT", "available": "950", "held": "35", "total": "985"},
    ],
    FillsAnswer: {"fills": [_FILL], "next": None},
    LedgerAnswer: {"entries": [_ENTRY], "next": None},
    PlaceRequest: {
        "market": "KTA/USDT",
        "side": "buy",
        "price": "0.5",
        "quantity": "100",
        "tif": "gtc",
        "client_order_id": "morning-1",
        "wait": 2000,
    },
    CancelRequest: {"id": _ORDER_ID},
    CancelAllRequest: {"market": "KTA/USDT", "side": "buy"},
    CancelAllAnswer: {"market": "KTA/USDT", "status": "done", "ended": [_ORDER_ID]},
    CancelAllAfterRequest: {"market": "KTA/USDT", "seconds": 60},
    CancelAllAfterAnswer: {"market": "KTA/USDT", "cancels_at": _LATER, "status": "done"},
    CancelAllAfterState: {"market": "KTA/USDT", "cancels_at": _LATER},
    ReduceRequest: {"id": _ORDER_ID, "quantity": "80"},
    ReplaceRequest: {"id": _ORDER_ID, "price": "0.49", "quantity": "120"},
    BatchRequest: {
        "market": "KTA/USDT",
        "commands": [
            {"cancel": {"client_order_id": "yesterday-1"}},
            {"place": {"type": "market", "side": "buy", "funds": "10"}},
        ],
    },
    BatchAnswer: {
        "market": "KTA/USDT",
        "results": [
            {
                "problem": {
                    "title": "Not found",
                    "status": 404,
                    "code": "order_not_found",
                    "detail": "no such order",
                    "request_id": REQUEST_ID,
                    "field": "client_order_id",
                }
            },
            {"order": _ORDER},
        ],
    },
    OrderAnswer: _ORDER,
    OrdersAnswer: {"orders": [_ORDER], "next": None},
    OpenOrdersAnswer: {"orders": [_ORDER]},
    PreventedMatchesAnswer: {"prevented_matches": [_PREVENTED], "next": None},
    FeesAnswer: {
        "fees": [
            {
                "market": "KTA/USDT",
                "volume": "2500",
                "maker_fee": "0.001",
                "taker_fee": "0.002",
                "tiers": _TIERS,
            }
        ]
    },
    MarketsAnswer: {"markets": [_MARKET]},
    BookAnswer: {
        "market": "KTA/USDT",
        "sequence": 3,
        "time": _LATER,
        "bids": [{"price": "0.5", "quantity": "70", "orders": 1}],
        "asks": [],
    },
    TradesAnswer: {"market": "KTA/USDT", "trades": [_TRADE], "next": None},
    AddressAnswer: {
        "address": "keeta_arbo44q4ui6e6ccfchp4ezvxcz5u5eq7k4s5ov2stdrzs6wvq5vmvp4vhvkhm",
        "network": "main",
        "tokens": {"KTA": listing.KTA.tokens["main"]},
    },
    DepositsAnswer: {
        "deposits": [
            {
                "token": "KTA",
                "amount": "100",
                "status": "credited",
                "block": _BLOCK,
                "operation": 0,
                "time": _TIME,
            }
        ],
        "next": None,
    },
    WithdrawRequest: {"token": "KTA", "amount": "10", "to": _ALICE, "client_id": "rent-7"},
    CancelWithdrawalRequest: {"id": _ORDER_ID},
    WithdrawalAnswer: _WITHDRAWAL,
    WithdrawalsAnswer: {"withdrawals": [_WITHDRAWAL], "next": None},
    AddAddressRequest: {"address": _ALICE, "name": "cold wallet"},
    RemoveAddressRequest: {"address": _ALICE},
    OnlyListedRequest: {"only": True},
    SignedRequest: {"signed": True},
    AddressBookAnswer: {
        "addresses": [{"address": _ALICE, "name": "cold wallet", "usable_at": _LATER}],
        "only": True,
        "open_at": None,
        "signed": False,
        "unsigned_at": None,
    },
    HealthAnswer: {"status": "ok", "stage": "local", "time": _TIME},
}
