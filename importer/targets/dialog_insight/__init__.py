"""Dialog Insight: a module for each of its two Merge methods, and what they have in common.

The form of a request is the vendor's (Opt-In Synchronization Using Web Services, and the article
on tracking consents): POST, JSON, credentials in the body. What is not known of the platform is
a setting of the connection.
"""
