"""How does the exchange become a stack on AWS? A template and a zip, made from the code itself.

    python -m infra.cloud package prod        build/cloud/prod: template.json and the zip
    python -m infra.cloud deploy prod ...     the one command that deploys them
    python -m infra.cloud secrets prod        put first values where a secret is still empty
    python -m infra.cloud lock                write down anew which wheels travel

functions.py reads what `app.py` registers; everything else follows from that, from the
market list and from the table schema. access.py says what each function may do.
"""
