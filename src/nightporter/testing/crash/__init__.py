"""Crash runs: the real `nightporter up` under load, killed and restarted again and again, judged from the outside.

python -m nightporter.testing.crash --kills 200 --results crash-results.jsonl     (`make crash N=200`)

    plan.py        from a seed: the load, the provider's delays, and the moment of each kill
    generator.py   a process of its own: guests who write once, as signed webhooks, posted until they get their 200
    processes.py   starts, asks and kills: node, provider fake, generator
    run.py         one stretch: kills and restarts on one data folder, then rest, then the judge
    stages.py      how far each message was at a kill, from a copy of the data folder
    logs.py        what the generator and the provider fake wrote down
    judge.py       which promise was broken, from those logs alone
    report.py      the results file, and what a person reads
"""
