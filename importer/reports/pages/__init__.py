"""``report.html`` and ``totals.html``: their pictures, and what both are made of."""
