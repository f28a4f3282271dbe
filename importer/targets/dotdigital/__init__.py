"""Dotdigital: whole imports and single contacts of version 3, and one call of version 2.

The form of requests and answers is the vendor's (the specification of the contacts service, and
the pages on importing contacts). What is not known of the platform is a setting of the connection,
or the careful reading.
"""
