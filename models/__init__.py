"""Scripts that train and evaluate the small model of level 3; nothing that runs imports them."""
