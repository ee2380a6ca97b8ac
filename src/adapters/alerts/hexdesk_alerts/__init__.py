"""Ways in which alerts reach a person: a webhook, messengers, mail."""
