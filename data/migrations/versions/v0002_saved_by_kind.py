"""What people save under a name is of several kinds: what-ifs first, then views, segments, marks, alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("scenarios", "saved")
    with op.batch_alter_table("saved") as table:
        table.add_column(sa.Column("kind", sa.String(length=20), nullable=False, server_default="scenario"))
        table.drop_constraint("uq_scenarios_name", type_="unique")
        table.create_unique_constraint("uq_saved_kind_name", ["kind", "name"])
    with op.batch_alter_table("saved") as table:
        table.alter_column("kind", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM saved WHERE kind <> 'scenario'")
    with op.batch_alter_table("saved") as table:
        table.drop_constraint("uq_saved_kind_name", type_="unique")
        table.drop_column("kind")
        table.create_unique_constraint("uq_scenarios_name", ["name"])
    op.rename_table("saved", "scenarios")
