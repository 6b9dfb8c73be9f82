"""What `dallosh doctor` looks at: one file per part of the deployment. Nothing here changes anything or costs money."""
