"""A GPU that is gone is recognised by when it was last reported."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compute", "0002_gpu_held_by_attempt")]

    operations = [migrations.AddField("gpu", "seen_at", models.DateTimeField(null=True))]
