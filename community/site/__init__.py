"""Who runs this site, and with whose help: read from one file, told in every place alike.

What the policies, the list of sub-processors, the contact page and mails say of it comes from here.
"""
