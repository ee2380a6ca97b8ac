"""From what goes wrong to a person who knows: rules, incidents, delivery."""
