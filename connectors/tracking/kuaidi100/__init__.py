"""Kuaidi100 (快递100): tracks of nearly every carrier, asked for or pushed."""
