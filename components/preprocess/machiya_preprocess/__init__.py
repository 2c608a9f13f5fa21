"""Raw event logs -> clean interactions, and their division into training and test data."""
