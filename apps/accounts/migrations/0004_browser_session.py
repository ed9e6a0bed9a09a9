import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_approval_rule"),
    ]

    operations = [
        migrations.RenameModel(old_name="SignIn", new_name="BrowserSession"),
        migrations.AlterField(
            model_name="browsersession",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="browser_sessions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
