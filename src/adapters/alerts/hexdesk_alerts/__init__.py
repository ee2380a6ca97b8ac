"""Ways in which alerts reach a person: webhook, Slack, Discord, Telegram, Feishu, mail."""
