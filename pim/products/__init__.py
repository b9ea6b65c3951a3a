"""Products and product models: documents, writes, history; the guard of users' patterns."""

from pim.products import patterns as patterns
