"""A person who does not exist: ten fingers grown from a seed.

Theory. The ridge flow of a finger follows from its few singular points (Sherlock and Monro, "A model for interpreting fingerprint
topology", zero-pole field; Vizcaya and Gerhardt for the bend at a core). Ridges grow out of noise under filters tuned to that flow
(Cappelli, Maio and Maltoni, "Synthetic fingerprint-image generation"), so that minutiae arise where they must. An impression is that
ridge pattern seen through a contact area, a bent skin, pressure, and grain. Numbers without another source were chosen by looking
and by NFIQ 2 and BOZORTH3 scores of the outcome.
"""
