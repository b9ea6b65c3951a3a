"""The entry of a WSGI server: `gunicorn wsgi:application`."""

from pim.app import create_app

application = create_app()
