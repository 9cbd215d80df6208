"""The shortest settings with which a training station stands, its folders under one that the test gives."""

STATION = """
[station]
id = "LS-0001"
environment = "training"
ori = "ZZ0010000"
[bureau]
name = "SIB"
ori = "ZZSIB0000"
host = "sib.invalid"
port = 8883
"""
