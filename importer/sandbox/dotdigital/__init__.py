"""Dotdigital, imitated: contacts of API v3, one at a time and in bulk, and what v2 adds to them."""
