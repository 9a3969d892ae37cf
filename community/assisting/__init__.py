"""Help with the words of a case: who asks for it, what is read for it, what becomes of the answer.

What may be told, and how a service is asked, is `community.assistant`, which knows none of this.
"""
