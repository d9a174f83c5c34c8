"""How does a template point at what it makes, and how are things in it called?"""

from typing import Any

Json = Any
Resources = dict[str, Any]


def ref(logical_id: str) -> dict[str, str]:
    return {"Ref": logical_id}


def arn(logical_id: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def camel(*words: str) -> str:
    """A logical id: letters and digits only. camel("matcher_kta-usdt", "role") is MatcherKtaUsdtRole."""
    parts = " ".join(words).replace("-", " ").replace("_", " ").split()
    return "".join(part[:1].upper() + part[1:] for part in parts)


def merged(*parts: Resources) -> Resources:
    """All of them. Two of one name are a mistake of ours, and never the same thing twice."""
    whole: Resources = {}
    for part in parts:
        twice = whole.keys() & part.keys()
        if twice:
            raise ValueError(f"made twice: {', '.join(sorted(twice))}")
        whole |= part
    return whole
