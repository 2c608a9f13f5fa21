"""Recommends job postings to users: train a model, predict the top N for everybody, list similar items."""
