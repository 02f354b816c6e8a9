"""The seven steps of the walk, one file each.

`read → normalise → segment → classify → judge → route → write`

Each is made of plain functions over the records of `nlp_pipeline.records`. A
file that begins with an underscore is a part of the step that imports it.
"""
