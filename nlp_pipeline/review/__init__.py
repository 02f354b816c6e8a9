"""The clerk's workbench: a web server whose pages show letters and take reviews.

`create_app` in `app` puts it together. It talks to the store through its interface
alone and holds no SQL; no page needs anything from outside.
"""
